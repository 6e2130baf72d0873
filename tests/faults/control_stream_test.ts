/** Hostile peers of drafts in which all requests share one control stream. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import { type MultiplexedDraft, multiplexedDrafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { counter, faultTest } from "../support/faults/case.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { namespaceOf, trackOf } from "../support/peers/scripted_peer.ts";
import { dialRelay, type QuicServerAddress } from "../support/transport/quic_transport.ts";
import { becomes } from "../support/until.ts";

async function dial(server: QuicServerAddress, draft: MultiplexedDraft) {
  return await ControlStreamPeer.open(await dialRelay(server, draft.protocol), draft);
}

async function connect(server: QuicServerAddress, draft: MultiplexedDraft) {
  const peer = await dial(server, draft);
  peer.begin({ maxRequestId: 1_000n });
  await peer.expect("serverSetup");
  return peer;
}

for (const draft of multiplexedDrafts) {
  faultTest(
    `a flood of requests on one control stream is answered to the last (${draft.protocol})`,
    async ({ relay, deadline }) => {
      const peer = await deadline.for("SETUP", connect(relay, draft));
      const count = 1_500n;
      let limit = 1_000n;
      for (let number = 0n; number < count; number++) {
        const requestId = 2n * number;
        while (requestId >= limit) {
          const message = await deadline.for("credit", peer.next());
          if (message.kind === "maxRequestId") limit = message.limit;
        }
        peer.say({
          kind: "trackStatus",
          requestId,
          track: trackOf("nowhere", `${number}`),
          parameters: {},
        });
      }
      for (;;) {
        const message = await deadline.for("an answer", peer.next());
        if (message.kind !== "requestError") continue;
        assert.equal(message.code, "does_not_exist");
        if (message.requestId === 2n * (count - 1n)) break;
      }
      peer.connection.close(0, "");
    },
  );

  faultTest(
    `who takes more requests than allowed is closed, and nothing of it is left (${draft.protocol})`,
    async ({ relay, deadline }) => {
      const peer = await deadline.for("SETUP", connect(relay, draft));
      for (let number = 0; number < 2_000; number++) {
        const namespace = namespaceOf(`flood/${number}`);
        const requestId = BigInt(2 * number);
        peer.say({ kind: "publishNamespace", requestId, namespace, parameters: {} });
      }
      const { code } = await deadline.for("the close", peer.connection.closed);
      assert.equal(code, draft.sessionCodes.too_many_requests);
    },
    // So that each is served, and ends none by itself.
    { config: { limits: { max_namespaces: 10_000 } } },
  );

  faultTest(
    `control streams that trickle, stop within a message or say nothing hold up no one (${draft.protocol})`,
    async ({ relay, deadline }) => {
      const silent = await Promise.all(Array.from({ length: 10 }, () => dial(relay, draft)));
      const half = await Promise.all(Array.from({ length: 10 }, () => connect(relay, draft)));
      const longest = Uint8Array.of(0x03, 0xff, 0xff);
      for (const { outgoing } of half) await outgoing.write(longest);
      for (let bytes = 0; bytes < 100; bytes++) {
        for (const { outgoing } of half) await outgoing.write(new Uint8Array(100));
        await sleep(systemClock, 10);
      }
      for (const peer of silent) {
        const { code } = await deadline.for("the time limit", peer.connection.closed);
        assert.equal(code, draft.sessionCodes.control_message_timeout);
      }
      await becomes(() => counter(relay, "qumo_relay_sessions_active"), 12);
      for (const { outgoing } of half) await outgoing.finish();
      for (const peer of half) {
        const { code } = await deadline.for("the close", peer.connection.closed);
        assert.equal(code, draft.sessionCodes.protocol_violation);
      }
    },
  );
}
