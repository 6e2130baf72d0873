/** The relay's own pages to publish and to watch, in a browser, and what is seen on them. */
import assert from "node:assert/strict";
import { PATIENCE_MS, until } from "../support/until.ts";
import type { Browser, Page } from "./browsers.ts";

/** What is chosen on the page to publish. */
export interface Chosen {
  readonly name: string;
  readonly source?: "camera" | "picture";
  readonly codec?: string;
}

/** Opens a page of a relay. */
export async function openPage(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url);
  return page;
}

/** Starts to publish, and waits until it is live. */
export async function startPublishing(page: Page, chosen: Chosen): Promise<void> {
  await page.evaluate(({ name, source = "picture", codec = "" }) => {
    document.querySelector(`[name=source][value=${source}]`).click();
    document.getElementById("name").value = name;
    // Small: many browsers share this machine.
    document.getElementById("size").value = "320x180";
    document.getElementById("codec").value = codec;
    document.getElementById("sound").checked = false;
    document.getElementById("start").click();
  }, chosen);
  await becomesTrue(
    page,
    "the picture is published",
    () => !document.getElementById("live").hidden,
  );
}

/** Waits until so many different pictures were seen since now; their numbers, by the strip below. */
export async function picturesSeen(page: Page, count: number): Promise<readonly number[]> {
  return await page.evaluate(async ({ count, patience }) => {
    const picture = document.getElementById("picture");
    const small = document.createElement("canvas");
    [small.width, small.height] = [16, 6];
    const pen = small.getContext("2d", { willReadFrequently: true });
    const seen: number[] = [];
    const end = performance.now() + patience;
    for (let last = -1; seen.length < count; await new Promise((next) => setTimeout(next, 15))) {
      if (performance.now() > end) {
        throw new Error(`Saw ${seen}: ${document.body.innerText.slice(0, 600)}`);
      }
      pen.drawImage(picture, 0, 0, 16, 6);
      const { data } = pen.getImageData(0, 0, 16, 6);
      const at = (x: number, y: number) => data.slice((y * 16 + x) * 4, (y * 16 + x) * 4 + 3);
      // Yellow and blue are where they belong: it is this picture.
      const [yellow, blue] = [at(3, 0), at(15, 0)];
      if (yellow[0]! < 120 || yellow[2]! > 110 || blue[2]! < 110 || blue[0]! > 110) continue;
      let number = 0;
      for (let bit = 0; bit < 16; bit++) number |= Number(at(bit, 5)[1]! > 128) << bit;
      if (number === last) continue;
      last = number;
      seen.push(number);
    }
    return seen;
  }, { count, patience: PATIENCE_MS });
}

/**
 * The pictures of a film that goes on come in order, and some may be left out. A player that begins
 * anew shows those of its first group again.
 */
export function assertMoves(numbers: readonly number[], { beginsAnew = false } = {}): void {
  const back = numbers.filter((number, at) => at > 0 && number < numbers[at - 1]!);
  assert.ok(back.length <= Number(beginsAnew), `The pictures were ${numbers.join(", ")}`);
}

/** Resolves when it holds in the page. */
export async function becomesTrue(
  page: Page,
  awaited: string,
  condition: () => boolean,
): Promise<void> {
  await until(awaited, () => page.evaluate(condition, undefined));
}

// Deno's types have nothing of a browser's page: this is what is used of it.
interface Element {
  click(): void;
  value: string;
  checked: boolean;
  hidden: boolean;
}
interface Canvas extends Element {
  width: number;
  height: number;
  getContext(kind: "2d", options: object): {
    drawImage(canvas: Canvas, ...place: readonly number[]): void;
    getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray };
  };
}
declare const document: {
  readonly body: { readonly innerText: string };
  createElement(name: "canvas"): Canvas;
  getElementById(id: string): Canvas;
  querySelector(selector: string): Canvas;
};
