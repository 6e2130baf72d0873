/** What of the metrics of a program was moved, against what it shows. */

import assert from "node:assert/strict";

/** A metric with one value of one of its labels, or without any: `name{reason="age"}`. */
type Point = string;

/** Series of texts in Prometheus' format, and which of them were not zero at least once. */
export class MovedSeries {
  readonly #shown = new Set<Point>();
  readonly #moved = new Set<Point>();

  /** Takes a scrape: what it has is shown, what is not zero in it has moved. */
  take(text: string): void {
    for (const { points, value } of seriesOf(text)) {
      for (const point of points) {
        this.#shown.add(point);
        if (value !== 0) this.#moved.add(point);
      }
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

function* seriesOf(text: string): Iterable<{ points: Point[]; value: number }> {
  for (const line of text.split("\n")) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line);
    // Of a distribution its count is enough.
    if (match === null || /_(bucket|sum)$/.test(match[1]!)) continue;
    const [, name, labels = "", value] = match;
    const points = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)]
      .filter(([, label]) => !NAMES.has(label!))
      .map(([, label, word]) => `${name}{${label}="${word}"}`);
    yield { points: points.length === 0 ? [name!] : points, value: Number(value) };
  }
}
