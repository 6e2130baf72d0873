import assert from "node:assert/strict";
import { Deadline } from "../deadline.ts";
import { connectQuicTransport } from "../transport/quic_transport.ts";
import { startRelay } from "./relay_process.ts";

Deno.test("startRelay() starts a relay that takes connections and ends when told to", async () => {
  using deadline = new Deadline();
  await using relay = await deadline.for("a ready relay", startRelay());
  const transport = await deadline.for("a connection", connectQuicTransport(relay));
  assert.equal(transport.protocol, "moqt-18");
  assert.equal(typeof await relay.status(), "object");
  assert.match(await relay.metrics(), /^# HELP /m);
  assert(await relay.rss() > 10_000_000);
  const code = await deadline.for("the end of the relay", relay.end());
  assert.equal(code, 0, relay.log());
  await deadline.for("the end of the connection", transport.closed);
});

Deno.test("startRelay() rejects with what the relay said when it does not start", async () => {
  using deadline = new Deadline();
  const started = startRelay({ cache: { max_bytes: "many" } });
  await assert.rejects(deadline.for("the refusal", started), /max_bytes/);
});
