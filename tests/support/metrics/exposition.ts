/** A series of a text in Prometheus' format. */
export interface Series {
  readonly name: string;
  readonly labels: readonly (readonly [label: string, value: string])[];
  readonly value: number;
}

/** The series that a program exposes, by the text at /metrics. */
export function* seriesOf(text: string): Iterable<Series> {
  for (const [, name, labels = "", value] of text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)) {
    const pairs = labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g);
    const known = Array.from(pairs, ([, label, value]) => [label!, value!] as const);
    yield { name: name!, labels: known, value: Number(value) };
  }
}
