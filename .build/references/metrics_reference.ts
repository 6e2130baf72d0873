/** Every metric of a program, from what its `/metrics` answers: name, type and what it tells. */
export function metricsReference(program: "qumo-relay" | "qumo-sdn", exposition: string): string {
  return [
    `# Metrics of ${program}`,
    "",
    "<!-- Made by `deno task docs` from what the program answers at /metrics. Do not edit. -->",
    "",
    "What `GET /metrics` answers, in Prometheus' text format.",
    ...(program === "qumo-relay"
      ? ["With `metrics.per_track` above 0 there are series of single tracks as well."]
      : []),
    "",
    table(exposition),
    "",
  ].join("\n");
}

function table(text: string): string {
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\w+)$/gm)]
    .map(([, name, help, type]) => `| \`${name}\` | ${type} | ${help!.replace(/\.$/, "")} |`);
  if (rows.length === 0) throw new Error("There are no metrics in what was answered");
  return ["| metric | type | what it tells |", "| --- | --- | --- |", ...rows].join("\n");
}
