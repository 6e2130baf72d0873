import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { counter, faultTest } from "../support/faults/case.ts";
import { connectWebSocket, requestWebSocket } from "../support/transport/websocket_client.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { announce, sendSubscribeOk, subscribe } from "../support/peers/scripted_requests.ts";
import { openSubgroup } from "../support/peers/scripted_objects.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { Random } from "../support/random.ts";
import { becomes, until } from "../support/until.ts";

const random = new Random(1);

/** So many bytes of any value. */
function filled(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => random.next());
}

// Who is silent is not gone soon, and there are fewer places than are taken.
const PATIENT = { idle_timeout_ms: 30_000, handshake_timeout_ms: 30_000, max_handshakes: 100 };

faultTest("WebSockets that are opened and stay silent keep out no session", async (context) => {
  const { relay, deadline } = context;
  const silent = Array.from({ length: 150 }, () => requestWebSocket(relay));
  const answers = await deadline.for("the answers", Promise.all(silent));
  // Those that were evicted at once had no answer.
  const statuses = new Set(answers.map(({ status }) => status));
  assert.ok(statuses.has(101) && statuses.isSubsetOf(new Set([101, 0])), [...statuses].join());
  for (let session = 0; session < 20; session++) {
    const { connection } = await deadline.for("a WebSocket", connectWebSocket(relay));
    connection.close(0, "");
    await connection.closed;
  }
  const limit = 'qumo_relay_transport_limits_total{limit="websocket_handshakes"}';
  assert.ok(await counter(relay, limit) > 0, "No place was missing");
  for (const { stream } of answers) stream.destroy();
}, { config: { server: PATIENT }, growthMiB: 128 });

faultTest("requests for WebSockets that are refused leave nothing behind", async (context) => {
  const { relay, deadline } = context;
  const refused = async (headers: Readonly<Record<string, string>>) => {
    const { status, stream } = await requestWebSocket({ port: relay.port, headers });
    stream.destroy();
    return status;
  };
  for (let round = 0; round < 20; round++) {
    const statuses = await deadline.for(
      "the refusals",
      Promise.all([
        refused({ Origin: "https://evil.example" }),
        refused({ "Sec-WebSocket-Protocol": "chat" }),
        refused({ "Sec-WebSocket-Version": "8" }),
        refused({ "Sec-WebSocket-Key": "x" }),
      ]),
    );
    assert.deepEqual(statuses, [403, 400, 426, 400]);
  }
  const websocket = 'qumo_relay_handshakes_refused_total{reason="websocket"}';
  await becomes(() => counter(relay, websocket), 60);
});

faultTest("whoever floods a WebSocket with bytes of any kind ends alone", async (context) => {
  const { relay, deadline } = context;
  const floods: (() => Uint8Array)[] = [
    () => filled(1_000),
    // Masked pings, empty messages and messages of padding.
    () => repeated("898400000000aaaaaaaa", 100),
    () => repeated("828000000000", 100),
    () => repeated("82820000000000" + "00", 100),
    () => Uint8Array.fromHex("82ff00000000ffffffff00000000"),
  ];
  for (const flood of floods) {
    const { connection, stream } = await deadline.for("a WebSocket", connectWebSocket(relay));
    const flooding = (async () => {
      for (let count = 0; count < 100; count++) {
        await stream.write(flood());
        await sleep(systemClock, 5);
      }
    })().catch(() => {});
    const { by } = await deadline.for("its end", connection.closed);
    assert.notEqual(by, "local");
    stream.destroy();
    await flooding;
  }
});

/** As much as a sender that waits for nothing writes, a batch at a time, before it goes by itself. */
const UNPACED_BYTES = 24 * 1024 * 1024;

const UNPACED: Readonly<Record<string, Uint8Array>> = {
  "bytes of any kind": filled(65_536),
  "pings": repeated("898400000000aaaaaaaa", 6_000),
  "empty messages": repeated("828000000000", 10_000),
  "messages of padding": repeated("8282000000000000", 8_000),
};

for (const [what, batch] of Object.entries(UNPACED)) {
  faultTest(
    `whoever floods a WebSocket with ${what} as fast as it can ends alone`,
    async (context) => {
      const { relay, deadline } = context;
      const { connection, stream } = await deadline.for("a WebSocket", connectWebSocket(relay));
      let isOver = false;
      void connection.closed.then(() => isOver = true);
      const flooding = (async () => {
        for (let sent = 0; sent < UNPACED_BYTES && !isOver; sent += batch.length) {
          await stream.write(batch);
        }
      })().catch(() => {});
      await deadline.for("the flood", Promise.race([flooding, connection.closed]));
      stream.destroy();
      await flooding;
    },
  );
}

faultTest(
  "a publisher over WebSocket that waits for nothing floods nobody else",
  async (context) => {
    const { relay, deadline } = context;
    const { connection, stream } = await deadline.for("a WebSocket", connectWebSocket(relay));
    const publisher = await ScriptedPeer.connect(connection);
    await announce(publisher, "flood");
    const viewer = await ScriptedPeer.dial(relay);
    const subscribing = subscribe(viewer, {}, trackOf("flood", "track"));
    await deadline.for("the relay's subscription", agree(publisher));
    await (await deadline.for("the subscription", subscribing)).expect("subscribeOk");
    const drained = viewer.readStreams();
    const payload = filled(100_000);
    for (let group = 0n; group < 300n; group++) {
      const subgroup = await openSubgroup(publisher, { alias: 7n, group, priority: 0 });
      await deadline.for(`group ${group}`, subgroup.send({ id: 0, payload }));
      await subgroup.finish();
      // The canary is in this process too.
      await sleep(systemClock, 0);
    }
    publisher.close();
    viewer.close();
    await drained;
    await deadline.for("the end of the WebSocket", connection.closed);
    stream.destroy();
  },
  { growthMiB: 110 },
);

faultTest("what is no TLS ends its own connection", async ({ relay }) => {
  for (let round = 0; round < 200; round++) {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: relay.port });
    const bytes = filled(1 + round);
    bytes.set([0x16, 3, 1, 0, round].slice(0, bytes.length));
    await conn.write(bytes);
    await conn.closeWrite();
    while (await conn.read(new Uint8Array(1_000)).catch(() => null) !== null);
    conn.close();
  }
});

faultTest("subscribers over WebSocket that do not read are ended in time", async (context) => {
  const { relay, deadline } = context;
  const track = trackOf("large", "track");
  const publisher = await ScriptedPeer.dial(relay);
  await announce(publisher, "large");
  const readers = await Promise.all(Array.from({ length: 20 }, () => slowReader(relay)));
  const subscribing = Promise.all(readers.map(({ peer }) => subscribe(peer, {}, track)));
  await deadline.for("the relay's subscription", agree(publisher));
  const subscriptions = await deadline.for("the subscriptions", subscribing);
  for (const one of subscriptions) await one.expect("subscribeOk");
  for (const { socket } of readers) socket.pause();
  let isOver = false;
  const publishing = (async () => {
    const payload = new Uint8Array(200_000);
    for (let group = 0n; !isOver; group++) {
      const subgroup = await openSubgroup(publisher, { alias: 7n, group, priority: 0 });
      await subgroup.send({ id: 0, payload });
      await subgroup.finish();
      await sleep(systemClock, 20);
    }
    // Once nobody is left the relay stops what it is sent.
  })().catch(() => {});
  const lost = async () => await counter(relay, LOST) >= readers.length;
  await until("those who do not read to be lost", lost);
  isOver = true;
  await deadline.for("the publisher", publishing);
  publisher.close();
  for (const { socket } of readers) socket.destroy();
});

const LOST = 'qumo_relay_sessions_ended_total{reason="lost"}';

/** Agrees to the first SUBSCRIBE that comes, whatever else is asked before. */
async function agree(publisher: ScriptedPeer): Promise<void> {
  for (;;) {
    const request = await publisher.acceptRequest();
    if ((await request.next()).kind === "subscribe") {
      return await sendSubscribeOk(request, { alias: 7n });
    }
  }
}

async function slowReader(relay: RelayProcess) {
  const limits = { maxIdleTimeout: 60_000 };
  const { connection, socket } = await connectWebSocket({ port: relay.port }, limits);
  return { peer: await ScriptedPeer.connect(connection), socket };
}

function repeated(hex: string, count: number): Uint8Array {
  return Uint8Array.fromHex(hex.repeat(count));
}
