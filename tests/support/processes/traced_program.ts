/** Two programs in one, as tracing knows them: one hands its span on, the other goes on with it. */
import { openTracing } from "@qumo/shared/runtime";

const tracing = await openTracing();
const first = tracing.start("first", {
  kind: "client",
  attributes: { hop: 1, nothing: undefined },
});
const second = tracing.start("second", { kind: "server", parent: first.traceparent });
await second.run(async () => {
  await Promise.resolve();
  tracing.start("inside").end();
});
tracing.start("stray", { parent: "not a traceparent" }).end();
second.end("it broke");
second.end();
first.end();
