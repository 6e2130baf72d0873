/** A camera, a file and a screen are published with the relay's page, and watched with it. */
import type { Browser, Page } from "playwright-core";
import { ffmpegMissing } from "../peers/encoder.ts";
import { numberedFilm } from "../peers/numbered_picture.ts";
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";

const missing = chromiumMissing ?? ffmpegMissing;

relayTest("what a camera films is published with the relay's page", async ({ relay, join }) => {
  await using film = await filmed();
  const browser = await join(() => launchChromium({ camera: film.raw }));
  await publishAndWatch(browser, relay, { source: "camera" });
}, { missing });

relayTest("a file is published with the relay's page", async ({ relay, join }) => {
  await using film = await filmed();
  const browser = await join(() => launchChromium());
  await publishAndWatch(browser, relay, { source: "file", file: film.encoded });
}, { missing });

relayTest("a screen is published with the relay's page", async ({ relay, join }) => {
  const browser = await join(() => launchChromium({ sharesTab: true }));
  const { studio, home } = await publishAndWatch(browser, relay, { source: "screen" });
  for (const colours of [["red", "blue"], ["blue", "red"]] as const) {
    await paint(studio, colours);
    await shows(home, colours);
  }
}, { missing: chromiumMissing, milliseconds: 300_000 });

/** What is on the screen: two colours, one beside the other. */
async function paint(page: Page, [left, right]: readonly [string, string]): Promise<void> {
  await page.evaluate(([left, right]) => {
    const { document } = globalThis as unknown as Painted;
    document.getElementById("painted")?.remove();
    const painted = document.createElement("div");
    painted.id = "painted";
    painted.style = "position: fixed; inset: 0; z-index: 9; " +
      `background: linear-gradient(90deg, ${left} 50%, ${right} 50%)`;
    document.body.append(painted);
  }, [left, right] as const);
}

/**
 * Has something small move on the page, above all else: of a screen on which nothing moves no more pictures
 * come, and the one that a busy encoder leaves out would be the last.
 */
async function move(page: Page): Promise<void> {
  await page.evaluate(() => {
    const { document } = globalThis as unknown as Painted;
    const dot = document.createElement("div");
    document.body.append(dot);
    let moves = 0;
    setInterval(() => {
      dot.style = "position: fixed; left: 0; top: 0; z-index: 10; background: green; " +
        `width: 8px; height: ${4 + moves++ % 4}px`;
    }, 100);
  });
}

/** Waits until the picture has these colours, each in the middle of its half. */
async function shows(page: Page, colours: readonly string[]): Promise<void> {
  await page.waitForFunction((colours) => {
    const { document } = globalThis as unknown as Painted;
    const small = document.createElement("canvas");
    [small.width, small.height] = [4, 1];
    const pen = small.getContext("2d");
    pen.drawImage(document.getElementById("picture"), 0, 0, 4, 1);
    const { data } = pen.getImageData(0, 0, 4, 1);
    return colours.every((colour, half) => {
      const [red, , blue] = data.slice((half === 0 ? 0 : 3) * 4);
      return colour === "red" ? red! > 180 && blue! < 80 : blue! > 180 && red! < 80;
    });
  }, colours);
}

/** The film of numbered pictures: as a camera has it, and as a file. */
async function filmed() {
  const raw = await Deno.makeTempFile({ suffix: ".y4m" });
  const encoded = await Deno.makeTempFile({ suffix: ".webm" });
  await Deno.writeFile(raw, numberedFilm());
  const { success } = await new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-y", "-stream_loop", "5", "-i", raw],
      ...["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", encoded],
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
): Promise<{ readonly studio: Page; readonly home: Page }> {
  const at = `http://127.0.0.1:${relay.port}`;
  // Each has a window of its own: a tab behind another one is drawn when the browser likes.
  const studio = await (await browser.newContext()).newPage();
  await studio.goto(`${at}/publish?name=live/cam.hang`);
  if (source === "screen") await move(studio);
  await studio.locator(`[name=source][value=${source}]`).check();
  await studio.locator("#size").selectOption("320x180");
  await studio.locator("#sound").uncheck();
  if (file !== undefined) await studio.locator("#file").setInputFiles(file);
  await studio.locator("#start").click();
  await studio.locator("#live").waitFor();
  const home = await (await browser.newContext()).newPage();
  await home.goto(`${at}/watch?name=live/cam.hang`);
  await home.locator("#figures", { hasText: /Pictures\s*[1-9]\d*\/s/ }).waitFor();
  await home.locator("#figures", { hasText: /Picture\s*\d+×\d+/ }).waitFor();
  return { studio, home };
}

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Element {
  id: string;
  style: string;
  width: number;
  height: number;
  remove(): void;
  getContext(kind: "2d"): {
    drawImage(picture: unknown, ...place: readonly number[]): void;
    getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray };
  };
}
interface Painted {
  readonly document: {
    readonly body: { append(element: Element): void };
    createElement(name: string): Element;
    getElementById(id: string): Element | null;
  };
}
