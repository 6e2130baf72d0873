/** The operators' page in a browser, as tests look at it. Nothing here looks once: what is expected is waited for. */
import { becomes } from "../until.ts";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** Opens the page; what the browser complains of and whom it asks is kept. */
export async function openDashboard(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
) {
  const page = await (await browser.newContext(options)).newPage();
  const problems: string[] = [];
  const hosts = new Set<string>();
  page.on("console", (message) => {
    // Refusals are answers; the browser notes each of them.
    if (!message.text().startsWith("Failed to load resource")) problems.push(message.text());
  });
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  await page.goto(url);
  await page.locator('body:is([data-state="live"], [data-state="denied"])').waitFor();
  return { page, problems, hosts };
}

/** A relay in the picture. */
export function relayOf(page: Page, name: string) {
  return page.locator(`#graph [data-id="${name}"]`);
}

/** Moves the mouse to the middle of a link, which bends. */
export async function pointAt(page: Page, path: Locator): Promise<void> {
  await path.scrollIntoViewIfNeeded();
  const { x, y } = await path.evaluate((line) => {
    const middle = line.getPointAtLength(line.getTotalLength() / 2);
    const { x, y } = middle.matrixTransform(line.getScreenCTM());
    return { x, y };
  });
  await page.mouse.move(x, y);
}

/** A cell of a table by its whole text. */
export function cellOf(page: Page, table: string, text: string) {
  return page.getByRole("table", { name: table }).getByRole("cell", { name: text, exact: true });
}

/** The texts of a table at this moment, cell by cell. */
export function readRows(page: Page, table: string): Promise<string[][]> {
  return page.locator(`table[aria-label="${table}"] tbody tr`).evaluateAll((rows) =>
    rows.map((row) => [...row.children].map((cell) => cell.textContent ?? ""))
  );
}

/** The figures at the top at this moment. */
export async function readFigures(page: Page): Promise<Record<string, string>> {
  const pairs = await page.locator("#summary > div").evaluateAll((tiles) =>
    tiles.map((tile) => [...tile.children].map((part) => part.textContent ?? ""))
  );
  return Object.fromEntries(pairs);
}

/** Waits until a table has exactly these rows; `choose` picks what of a row counts. */
export function showsRows(
  page: Page,
  table: string,
  expected: unknown[],
  choose: (row: string[]) => unknown = (row) => row,
): Promise<number> {
  return becomes(async () => (await readRows(page, table)).map(choose), expected);
}

/** Waits until the list of events says so. */
export function said(page: Page, text: string): Promise<void> {
  return page.locator("#log li", { hasText: text }).first().waitFor();
}

/** Tells a relay to drain, and confirms it. */
export async function drain(page: Page, relay: string): Promise<void> {
  await page.locator("#relays").getByRole("button", { name: `Drain ${relay}`, exact: true })
    .click();
  await page.locator("#drain-confirm").click();
}

/**
 * Keeps each text that a part of the page shows from now on; what it gives reads them, so that a test
 * misses none that was there for a moment.
 */
export async function recordTexts(
  page: Page,
  selector: string,
): Promise<() => Promise<readonly string[]>> {
  const texts = await page.evaluateHandle((selector) => {
    // deno-lint-ignore no-explicit-any -- the browser's own, which tests are not checked with
    const { document, MutationObserver } = globalThis as any;
    const part = document.querySelector(selector);
    const texts: string[] = [part.textContent];
    new MutationObserver(() => {
      if (part.textContent !== texts.at(-1)) texts.push(part.textContent);
    }).observe(part, { subtree: true, childList: true, characterData: true });
    return texts;
  }, selector);
  return () => texts.evaluate((texts) => [...texts]);
}
