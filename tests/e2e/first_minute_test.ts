/** README's first minute, walked as it says, in Chromium. */
import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { picturesSeen } from "../peers/media_pages.ts";
import { readDocuments } from "../support/documents/document.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";

/** Where the picture that README shows is put anew, when it is asked for. */
const PICTURE = Deno.env.get("README_PICTURE");

chromiumTest("README's first minute ends with the picture that was published", async (browser) => {
  const { text } = (await readDocuments()).find(({ path }) => path === "README.md")!;
  const [, chapter = ""] = text.split("## The first minute");
  const steps = chapter.split("\n## ")[0]!.match(/^\d\. [^]*?(?=\n\d\. |\n\n)/gm) ?? [];
  assert.equal(steps.length, 3);
  await using relay = await startRelay();
  const context = await browser.newContext({ viewport: { width: 900, height: 760 } });
  const page = await context.newPage();
  await page.goto(atRelay(steps[0]!, relay));
  await click(page, named(steps[0]!, -1));
  await page.getByLabel(named(steps[1]!, 1)).check();
  await page.getByLabel("Size").selectOption("640x360");
  await click(page, named(steps[1]!, 2));
  const link = page.getByRole("region", { name: named(steps[2]!, 0) }).getByRole("link");
  await link.waitFor();
  const watching = await context.newPage();
  await watching.goto(await link.getAttribute("href") ?? "");
  await picturesSeen(watching as unknown as Parameters<typeof picturesSeen>[0], 5);
  await watching.locator("#figures", { hasText: "Delay" }).waitFor();
  await watching.locator("#words").waitFor({ state: "hidden" });
  if (PICTURE !== undefined) await watching.screenshot({ path: PICTURE });
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
