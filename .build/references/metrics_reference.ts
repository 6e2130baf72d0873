/** A program and what its `/metrics` answers. */
export interface Exposition {
  readonly program: string;
  readonly text: string;
}

/** Every metric of both programs: its name, its type and what it tells. */
export function metricsReference(expositions: readonly Exposition[]): string {
  const parts = expositions.map(({ program, text }) => `## ${program}\n\n${table(text)}\n`);
  return [
    "# Metrics",
    "",
    "<!-- Made by `deno task docs` from what the programs answer at /metrics. Do not edit. -->",
    "",
    "What `GET /metrics` of each program answers, in Prometheus' text format. With `metrics.per_track`",
    "above 0 a relay has series of single tracks as well.",
    "",
    ...parts,
  ].join("\n");
}

function table(text: string): string {
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)]
    .map(([, name, help, type]) => `| \`${name}\` | ${type} | ${help!.replace(/\.$/, "")} |`);
  if (rows.length === 0) throw new Error("There are no metrics in what was answered");
  return ["| metric | type | what it tells |", "| --- | --- | --- |", ...rows].join("\n");
}
