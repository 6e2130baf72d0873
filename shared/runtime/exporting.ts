import type { Tracing } from "./tracing.ts";

/** Whether the runtime exports what is traced: started, or compiled, with OTEL_DENO=true. */
export async function isExporting(): Promise<boolean> {
  return (await exporter()).isExporting();
}

/** Traces by the runtime's exporter; without one, nothing. */
export async function openTracing(): Promise<Tracing> {
  return (await exporter()).openTracing();
}

// Loaded where it is needed: most programs export nothing.
function exporter() {
  return import("./tracing_exporter.ts");
}
