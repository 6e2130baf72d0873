/** What of the metrics of a program was moved, against what it shows. */

import assert from "node:assert/strict";
import { seriesOf } from "./exposition.ts";

/** A metric with one value of one of its labels, or without any: `name{reason="age"}`. */
type Point = string;

/** Series of texts in Prometheus' format, and which of them were not zero at least once. */
export class MovedSeries {
  readonly #shown = new Set<Point>();
  readonly #moved = new Set<Point>();

  /** Takes a scrape: what it has is shown, what is not zero in it has moved. */
  take(text: string): void {
    for (const [point, value] of pointsOf(text)) {
      this.#shown.add(point);
      if (value !== 0) this.#moved.add(point);
    }
  }

  /** Values that a label has only once something was counted. */
  expect(metric: string, label: string, values: readonly string[]): void {
    for (const value of values) this.#shown.add(`${metric}{${label}="${value}"}`);
  }

  /** What nothing moved. */
  get still(): Point[] {
    return [...this.#shown.difference(this.#moved)].sort();
  }
}

// Labels that say whose a series is: any value may stand there.
const NAMES: ReadonlySet<string> = new Set(["relay", "neighbor", "peer", "member"]);

/** Fails unless a test file names what moves this label's value there. */
export async function movedIn(file: string, point: Point): Promise<void> {
  const word = /"(.*)"/.exec(point)?.[1] ?? point;
  const text = await Deno.readTextFile(new URL(`../../../${file}`, import.meta.url));
  assert.ok(new RegExp(`\\b${word}\\b`).test(text), `${file} does not move ${point}`);
}

/** What a scrape shows: each value of each label that is not the name of somebody. */
function* pointsOf(text: string): Iterable<[Point, value: number]> {
  for (const { name, labels, value } of seriesOf(text)) {
    // Of a distribution its count is enough.
    if (/_(bucket|sum)$/.test(name)) continue;
    const telling = labels.filter(([label]) => !NAMES.has(label));
    if (telling.length === 0) yield [name, value];
    for (const [label, word] of telling) yield [`${name}{${label}="${word}"}`, value];
  }
}
