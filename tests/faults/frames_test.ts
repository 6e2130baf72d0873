import assert from "node:assert/strict";
import { dialRelay } from "../support/transport/quic_transport.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import { openControl, openRequest } from "../support/peers/http3.ts";
import { becomes } from "../support/until.ts";

const EMPTY_FRAMES = new Uint8Array(64 * 1024);
// RFC 9114.
const EXCESSIVE_LOAD = 0x107;

faultTest(
  "empty frames and capsules without end cost whoever sends them the session",
  async (context) => {
    const { relay, deadline } = context;
    const client = await dialRelay(relay, "h3");
    await openControl(client);
    const { send } = await openRequest(client);
    // DATA frames of no length.
    const flood = (async () => {
      for (;;) await send.write(EMPTY_FRAMES.slice());
    })();
    const { code } = await deadline.for("the flood to be ended", client.closed);
    await assert.rejects(flood);
    assert.equal(code, EXCESSIVE_LOAD);
    const ended = 'qumo_relay_sessions_ended_total{reason="limit"}';
    await becomes(() => counter(relay, ended), 1);
  },
);
