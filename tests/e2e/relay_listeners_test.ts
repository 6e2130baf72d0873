import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { listenAt } from "../../relay/ports.ts";
import {
  type BoundedListener,
  type Connection,
  dial,
  openEndpoint,
} from "../../relay/transport/mod.ts";
import {
  accept,
  announce,
  nextSubgroup,
  objects,
  sendSubgroup,
  subscribe,
} from "../scenarios/script.ts";
import { becomes } from "../support/until.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { MemoryListener } from "../support/transport/memory_listener.ts";

// Publishers here are asked for nothing but the track.
const relay = { ...DEFAULTS.relay, solicit: false };

// A connection's operations in Deno end some time after the connection.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

/** A relay that is reached at its own port, at a second one, and from within the process. */
async function startWithListeners() {
  const memory = new MemoryListener();
  const opened: BoundedListener[] = [];
  const started = await startRelayInProcess({ relay, drainTimeoutMs: 1_000 }, {}, {
    openListeners: (parts) => {
      opened.push(listenAt(openEndpoint("127.0.0.1", 0), parts));
      return [memory, ...opened];
    },
  });
  const [second] = opened;
  return { started, memory, second: second! };
}

async function callPort({ relay }: RelayInProcess, port: number): Promise<ScriptedPeer> {
  const protocols = ["moqt-18"];
  const serverCertificateHashes = [relay.certificate.hash];
  const url = `moqt://127.0.0.1:${port}`;
  return await speak(await dial(url, { protocols, serverCertificateHashes, keepAliveInterval: 0 }));
}

async function speak(connection: Connection): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.connect(connection, { setup: { path: "/" } });
  await peer.theirSetup();
  return peer;
}

/** What a viewer gets of a track whose publisher came in elsewhere. */
async function deliver(publisher: ScriptedPeer, viewers: readonly ScriptedPeer[]): Promise<void> {
  await announce(publisher, "live");
  const [first, ...others] = viewers;
  const subscription = await subscribe(first!);
  await accept(publisher);
  await subscription.expect("subscribeOk");
  for (const viewer of others) await (await subscribe(viewer)).expect("subscribeOk");
  await sendSubgroup(publisher, { group: 1n }, ...objects(2));
  for (const viewer of viewers) assert.equal((await nextSubgroup(viewer)).group, 1n);
}

Deno.test(
  "sessions that come in by different listeners of one relay see each other's tracks, and a drain ends all",
  UNTIDY,
  async () => {
    const { started, memory, second } = await startWithListeners();
    const publisher = await speak(memory.connect());
    const own = await callPort(started, started.port);
    const other = await callPort(started, second.address.port);
    await deliver(publisher, [own, other]);
    assert.equal((await started.relay.read(["now"])).now.sessions, 3);

    const drained = started.relay.drain();
    const peers = [publisher, own, other];
    for (const peer of peers) await peer.expectControl("goaway");
    await drained;
    for (const peer of peers) await peer.connection.closed;
    for (const listener of [memory, second]) assert.equal(await listener.accept(), undefined);
  },
);

Deno.test("close() ends what came in by any listener", UNTIDY, async () => {
  const { started, memory, second } = await startWithListeners();
  const peers = [
    await speak(memory.connect()),
    await callPort(started, started.port),
    await callPort(started, second.address.port),
  ];
  await started.relay.close();
  for (const peer of peers) await peer.connection.closed;
});

Deno.test(
  "a listener that fails says so, and those who use another one lose nothing",
  UNTIDY,
  async () => {
    const { started, memory, second } = await startWithListeners();
    const { relay, lines } = started;
    const publisher = await speak(memory.connect());
    memory.fail("the line is cut");
    await becomes(() => relay.read(["conditions"]), { conditions: ["listener_failed"] });
    const [line] = lines.filter(({ text }) => text.includes("listener failed"));
    assert.equal(line!.text, "error: listener failed, others go on");
    assert.deepEqual(line!.fields, {
      reason: "the listener at memory:0 failed: the line is cut",
      listeners: 2,
    });
    // Who was here stays, others come as before, and the relay takes them.
    await deliver(publisher, [
      await callPort(started, started.port),
      await callPort(started, second.address.port),
    ]);
    assert.deepEqual(await relay.read(["unready"]), { unready: undefined });
    await relay.close();
  },
);

Deno.test(
  "a relay calls its upstream by the dialer that it is given, whatever that connects",
  UNTIDY,
  async () => {
    const memory = new MemoryListener();
    await using origin = await startRelayInProcess({ relay }, {}, {
      openListeners: () => [memory],
    });
    const called: string[] = [];
    await using edge = await startRelayInProcess(
      { relay, upstream: ["moqt://origin.invalid:4433"] },
      {},
      {
        dial: (url, { protocols }) => {
          called.push(url);
          return Promise.resolve(memory.connect({ protocol: protocols[0]! }));
        },
      },
    );
    await becomes(async () => (await edge.relay.read(["mesh"])).mesh?.links[0]?.state, "up");
    assert.deepEqual(called, ["moqt://origin.invalid:4433"]);
    const publisher = await callPort(origin, origin.port);
    await deliver(publisher, [await callPort(edge, edge.port)]);
  },
);
