import assert from "node:assert/strict";
import { Deadline } from "../deadline.ts";
import { MoqtClient, RequestRefused } from "../peers/moqt.ts";
import { connectQuicTransport } from "../transport/quic_transport.ts";
import { startRelayInProcess } from "./relay_in_process.ts";

Deno.test("startRelayInProcess() starts a relay that answers and can be looked into", async () => {
  using deadline = new Deadline();
  await using server = await deadline.for("the relay to start", startRelayInProcess());
  const transport = await deadline.for("a connection", connectQuicTransport(server));
  const client = await deadline.for("SETUP", MoqtClient.connect(transport));
  await assert.rejects(
    deadline.for("the refusal", client.trackStatus("nobody/here", "video")),
    RequestRefused,
  );
  assert.equal((await server.relay.read(["now"])).now.sessions, 1);
  assert(server.lines.some(({ text }) => text === "info: session started"));
  await client.close();
});
