/** A camera and a file are published with the relay's page, and watched with it. */
import type { Browser } from "playwright-core";
import { ffmpegMissing } from "../peers/encoder.ts";
import { numberedFilm } from "../peers/numbered_picture.ts";
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";

/** Browsers share this machine with other tests. */
const PATIENCE_MS = 120_000;
const missing = chromiumMissing ?? ffmpegMissing;

relayTest("what a camera films is published with the relay's page", async ({ relay, join }) => {
  await using film = await filmed();
  const browser = await join(() => launchChromium({ camera: film.raw }));
  await publishAndWatch(browser, relay, { source: "camera" });
}, { missing, milliseconds: 300_000 });

relayTest("a file is published with the relay's page", async ({ relay, join }) => {
  await using film = await filmed();
  const browser = await join(() => launchChromium());
  await publishAndWatch(browser, relay, { source: "file", file: film.encoded });
}, { missing, milliseconds: 300_000 });

/** The film of numbered pictures: as a camera has it, and as a file. */
async function filmed() {
  const raw = await Deno.makeTempFile({ suffix: ".y4m" });
  const encoded = await Deno.makeTempFile({ suffix: ".webm" });
  await Deno.writeFile(raw, numberedFilm());
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-y", "-stream_loop", "5", "-i", raw],
      ...["-c:v", "libvpx", "-deadline", "realtime", encoded],
    ],
  }).output();
  if (!success) throw new Error("ffmpeg has made no file");
  return {
    raw,
    encoded,
    async [Symbol.asyncDispose]() {
      await Promise.all([raw, encoded].map((path) => Deno.remove(path)));
    },
  };
}

async function publishAndWatch(
  browser: Browser,
  relay: RelayProcess,
  { source, file }: { readonly source: string; readonly file?: string },
): Promise<void> {
  const at = `http://127.0.0.1:${relay.port}`;
  const context = await browser.newContext();
  context.setDefaultTimeout(PATIENCE_MS);
  const studio = await context.newPage();
  await studio.goto(`${at}/publish?name=live/cam.hang`);
  await studio.locator(`[name=source][value=${source}]`).check();
  await studio.locator("#size").selectOption("320x180");
  await studio.locator("#sound").uncheck();
  if (file !== undefined) await studio.locator("#file").setInputFiles(file);
  await studio.locator("#start").click();
  await studio.locator("#live").waitFor();
  const home = await context.newPage();
  await home.goto(`${at}/watch?name=live/cam.hang`);
  await home.locator("#figures", { hasText: /Pictures\s*[1-9]\d*\/s/ }).waitFor();
  await home.locator("#figures", { hasText: /Picture\s*\d+×\d+/ }).waitFor();
}
