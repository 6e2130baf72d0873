/** README's first minute, walked as it says, in Chromium. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { picturesSeen } from "../peers/media_pages.ts";
import { readDocuments } from "../support/documents/document.ts";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { ROOT } from "../support/root.ts";

/** Whether the pictures that README and the guide show are taken anew. */
const TAKES_PICTURES = Deno.env.get("GUIDE_PICTURES") === "1";
const PICTURES = new URL("relay/docs/pictures/", ROOT);

const WIDTH = 900;
const PHONE = { width: 360, height: 740 };

chromiumTest("README's first minute ends with the picture that was published", async (browser) => {
  const { text } = (await readDocuments()).find(({ path }) => path === "README.md")!;
  const [, chapter = ""] = text.split("## The first minute");
  const steps = chapter.split("\n## ")[0]!.match(/^\d\. [^]*?(?=\n\d\. |\n\n)/gm) ?? [];
  assert.equal(steps.length, 3);
  await using relay = await startRelay();
  const context = await browser.newContext({ viewport: { width: WIDTH, height: 700 } });
  const page = await context.newPage();
  await page.goto(atRelay(steps[0]!, relay));
  await click(page, named(steps[0]!, -1));
  await page.getByLabel(named(steps[1]!, 1)).check();
  await page.getByLabel("Size").selectOption("640x360");
  await click(page, named(steps[1]!, 2));
  const link = page.getByRole("region", { name: named(steps[2]!, 0) }).getByRole("link");
  await link.waitFor();
  await page.locator("#figures", { hasText: "live" }).waitFor();
  await looksGood(page, "publish", 1040);
  const watching = await context.newPage();
  await watching.goto(await link.getAttribute("href") ?? "");
  await picturesSeen(watching as unknown as Parameters<typeof picturesSeen>[0], 5);
  await watching.locator("#figures", { hasText: "Delay" }).waitFor();
  await watching.locator("#words").waitFor({ state: "hidden" });
  await looksGood(watching, "watch", 750);
});

/** In both themes and on a phone; each is a picture of the guide, so high that what matters is on it. */
async function looksGood(page: Page, name: string, height: number): Promise<void> {
  const desk = { width: WIDTH, height };
  const looks = [["phone", "dark", PHONE], ["dark", "dark", desk], [
    "light",
    "light",
    desk,
  ]] as const;
  const inEach = async (act: (kind: string) => Promise<unknown>) => {
    for (const [kind, colorScheme, viewport] of looks) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize(viewport);
      await act(kind);
    }
  };
  if (TAKES_PICTURES) {
    await inEach((kind) => {
      const path = new URL(`${name}_${kind}.png`, PICTURES).pathname;
      return page.screenshot({ path, fullPage: kind === "phone" });
    });
  }
  // It holds the page up for a moment, which a picture would show.
  await inEach((kind) => assertAccessible(page, `${name}, ${kind}`));
}

Deno.test("the pictures of the guide are there, and each of them is shown", async () => {
  const documents = await readDocuments();
  const there = await Array.fromAsync(Deno.readDir(PICTURES), ({ name }) => name);
  const shown = documents.flatMap(({ text }) =>
    Array.from(text.matchAll(/docs\/pictures\/(\w+\.png)|"pictures\/(\w+\.png)"/g))
      .map(([, one, other]) => one ?? other!)
  );
  assert.deepEqual([...new Set(shown)].sort(), there.sort());
});

/** The URL of a step, with the port that this relay has. */
function atRelay(step: string, { port }: RelayProcess): string {
  return step.match(/<(http:[^>]+)>/)![1]!.replace(":4433", `:${port}`);
}

/** What a step names in the words of the page, by its number. */
function named(step: string, at: number): string {
  return Array.from(step.matchAll(/`([^`]+)`/g), ([, words]) => words!).at(at)!;
}

async function click(page: Page, name: string): Promise<void> {
  await page.getByRole("link", { name }).or(page.getByRole("button", { name })).click();
}
