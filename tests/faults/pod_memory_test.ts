/**
 * Attacks of full size on a relay with the limits that it has by itself, in the memory that our files
 * for Kubernetes give it. Those on the controller are in sdn_memory_test.ts, and the one on a link is
 * in tests/e2e/mesh_strangers_test.ts.
 */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { dial, dialRelay } from "../support/transport/quic_transport.ts";
import { podTest } from "../support/faults/case.ts";
import { beginHandshakes, crowd, sayTooMuch } from "../support/faults/crowd.ts";
import { openControl, openRequest } from "../support/peers/http3.ts";
import { rawHttp } from "../support/peers/raw_http.ts";
import { halfHeadsEnd } from "../support/peers/half_heads.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";

podTest("in a pod: 1100 first packets whose answers nobody reads", async ({ relay, deadline }) => {
  await deadline.for("the first packets", beginHandshakes(relay, 1_100));
  await deadline.for("new sessions", newSessions(relay, 20));
});

podTest("in a pod: 1030 silent HTTP/3 connections", async ({ relay, deadline }) => {
  const leave: (() => void)[] = [];
  // One address may not have so many.
  for (const hostname of ["127.0.0.2", "127.0.0.3", "127.0.0.4"]) {
    const silent = crowd(relay, 344, { protocol: "h3", hostname });
    leave.push(await deadline.for("the silent", silent));
  }
  for (let session = 0; session < 20; session++) {
    const client = await deadline.for(
      "a WebTransport session",
      dial(`https://127.0.0.1:${relay.port}/`, {
        protocols: ["moqt-18"],
        serverCertificateHashes: [relay.certificateHash.toHex()],
      }),
    );
    client.close(0, "");
    await client.closed;
  }
  for (const one of leave) one();
});

podTest("in a pod: four sessions of 500 streams full of updates", async ({ relay, deadline }) => {
  const attackers = await Promise.all(
    Array.from({ length: 4 }, () => ScriptedPeer.dial(relay, { maxIdleTimeout: 60_000 })),
  );
  const work = attackers.map((peer) => sayTooMuch(peer, 500));
  const closed = Promise.all(attackers.map(({ closed }) => closed));
  const ends = await deadline.for("the flooding sessions to be closed", closed);
  assert.deepEqual(ends.map(({ code }) => code), [1, 1, 1, 1]);
  await Promise.allSettled(work);
  for (const peer of attackers) peer.close();
});

podTest("in a pod: 24 sessions that each send a little less than one may", async (context) => {
  const { relay, deadline } = context;
  const attackers: ScriptedPeer[] = [];
  for (let session = 0; session < 24; session++) {
    attackers.push(await ScriptedPeer.dial(relay, { maxIdleTimeout: 60_000 }));
  }
  const ended = Promise.race(attackers.map(({ closed }) => closed));
  const work = attackers.map((peer) => sayTooMuch(peer, 50));
  await deadline.for("the first of them to be closed", ended);
  await deadline.for(
    "no more to come",
    Promise.race([Promise.allSettled(work), sleep(systemClock, 10_000)]),
  );
  for (const peer of attackers) peer.close();
  await Promise.allSettled(work);
});

podTest("in a pod: 4000 HTTP requests with long methods of their own", async (context) => {
  const { relay, deadline } = context;
  const ask = async (number: number) => {
    const method = `M${number}`.padEnd(30_000, "X");
    await rawHttp(relay.origin, `${method} /health HTTP/1.1\r\nHost: localhost`);
  };
  for (let number = 0; number < 4_000; number += 50) {
    const some = Array.from({ length: 50 }, (_, at) => ask(number + at));
    await deadline.for("answers", Promise.all(some));
  }
  const metrics = await deadline.for("the metrics", relay.metrics());
  assert.ok(metrics.length < 1_000_000, `${metrics.length} characters of metrics`);
});

podTest("in a pod: 3000 half heads of HTTP requests", ({ relay }) => halfHeadsEnd(relay.origin));

podTest("in a pod: frames without content, without end", async ({ relay, deadline }) => {
  for (let session = 0; session < 3; session++) {
    const client = await dialRelay(relay, "h3");
    await openControl(client);
    const { send } = await openRequest(client);
    const frames = new Uint8Array(64 * 1024);
    const flood = (async () => {
      for (;;) await send.write(frames.slice());
    })();
    const flooding = assert.rejects(flood);
    await deadline.for("the flood to be ended", client.closed);
    await flooding;
  }
});

async function newSessions(relay: RelayProcess, count: number): Promise<void> {
  for (let session = 0; session < count; session++) (await ScriptedPeer.dial(relay)).close();
}
