import assert from "node:assert/strict";
import { dialQuic } from "../support/transport/quic_transport.ts";
import { meshTest, words } from "../support/mesh/mesh_case.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { LoopbackSite } from "../support/mesh/site.ts";
import { podOf } from "../support/processes/pod.ts";
import { chain } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import {
  accept,
  announce,
  objects,
  openSubgroup,
  SubgroupReader,
  subscribe,
} from "../scenarios/script.ts";

/** More than any link once bore. */
const GROUPS = 1_500;
const STRANGERS = ["one", "two", "three"];

async function connect(relay: MeshRelay): Promise<ScriptedPeer> {
  const { port, certificateHash } = relay;
  const connection = await dialQuic({
    hostname: "127.0.0.1",
    port,
    serverName: "localhost",
    alpnProtocols: ["moqt-18"],
    serverCertificateHashes: [certificateHash.toHex()],
    maxUniStreams: 4_096,
    maxIdleTimeout: 60_000,
  });
  const peer = await ScriptedPeer.connect(connection);
  // The relay asks everybody for namespaces.
  await peer.expectRequest("subscribeNamespace");
  return peer;
}

/** Waits until a namespace is known where a viewer is. */
async function hearsOf(viewer: ScriptedPeer, name: string): Promise<void> {
  const request = await viewer.request({
    kind: "subscribeNamespace",
    prefix: namespaceOf(name),
    parameters: {},
  });
  await request.expect("requestOk");
  await request.expect("namespace");
}

/** The groups that a viewer was sent something of, by the alias of their track. */
function reads(viewer: ScriptedPeer): Map<bigint, Set<bigint>> {
  const seen = new Map<bigint, Set<bigint>>();
  void (async () => {
    for (;;) {
      const { header } = await SubgroupReader.next(viewer);
      seen.set(header.alias, (seen.get(header.alias) ?? new Set()).add(header.group));
    }
  })().catch(() => {});
  return seen;
}

meshTest(
  "strangers who begin groups and never end them take nothing from others on the link",
  {
    topology: chain("tokyo", "london"),
    // Each relay in the memory that our files for Kubernetes give it.
    site: async (topology) =>
      new LoopbackSite(topology, await Promise.all(topology.relays.map(() => podOf("relay")))),
    relayConfig: {
      // With fewer streams the strangers lose their tracks, which is another test. Where the machine is
      // busy neither a session nor a link is to be taken for lost.
      server: { max_uni_streams: 4_096, idle_timeout_ms: 60_000 },
      mesh: { link_timeout_ms: 30_000 },
    },
  },
  async ({ mesh, publisher, viewer, lossless, say }) => {
    const canary = await publisher("canary", "tokyo");
    const watcher = await viewer(canary, "london");
    const before = linkOf(await mesh.relay("london").mesh());

    const strangers = await Promise.all(STRANGERS.map(() => connect(mesh.relay("tokyo"))));
    const audience = await connect(mesh.relay("london"));
    const seen = reads(audience);
    for (const [at, stranger] of strangers.entries()) {
      const name = `stranger-${STRANGERS[at]}`;
      await announce(stranger, name);
      await hearsOf(audience, name);
      const request = await subscribe(audience, {}, trackOf(name, "video"));
      await accept(stranger);
      await request.expect("subscribeOk");
    }
    let group = 0n;
    const begin = async () => {
      await Promise.all(strangers.map((one) => openSubgroup(one, { group }, ...objects(1))));
      group++;
    };
    while (group < GROUPS) await begin();
    // Who is behind is not shown everything, but what is new.
    await until("the audience to see new groups of all", async () => {
      await begin();
      return seen.size === STRANGERS.length &&
        [...seen.values()].every((groups) => last(groups) >= GROUPS);
    });

    const verdict = await watcher.verdict(canary.group + 4);
    const peaks = await Promise.all(mesh.relays.map(({ pid }) => peakMemory(pid)));
    say(`${words(verdict)}; at most ${peaks.join(" and ")} of memory`);
    lossless(verdict);
    assert.deepEqual(watcher.faults, []);
    assert.deepEqual(linkOf(await mesh.relay("london").mesh()), before);
    for (const peer of [...strangers, audience]) peer.close();
  },
);

async function peakMemory(pid: number): Promise<string | undefined> {
  return /VmHWM:\s+(\d+ kB)/.exec(await Deno.readTextFile(`/proc/${pid}/status`))?.[1];
}

function last(groups: Set<bigint>): bigint {
  return [...groups].reduce((a, b) => a > b ? a : b, -1n);
}

/** What would be another if the link had broken meanwhile. */
function linkOf(view: Awaited<ReturnType<MeshRelay["mesh"]>>): unknown {
  return view?.links.map(({ neighbor, state }) => ({ neighbor, state }));
}
