import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../deadline.ts";
import { MeshController } from "./controller.ts";
import { LoopbackSite } from "./site.ts";
import { freePort } from "./ports.ts";
import { MeshPublisher } from "./publisher.ts";
import { MeshRelay } from "./relay.ts";
import { liveSchedule } from "./schedule.ts";
import { TcpLink } from "./tcp_link.ts";
import { chain, diamond, neighborsOf, ringWithChords, topology } from "./topology.ts";
import { until } from "../until.ts";
import { UdpLink } from "./udp_link.ts";
import { MeshViewer } from "./viewer.ts";

const WHAT = { path: "lab", track: "video" };

/** One relay and no mesh. */
async function withRelay(body: (relay: MeshRelay) => Promise<void>): Promise<void> {
  using deadline = new Deadline();
  const folder = await Deno.makeTempDir({ prefix: "lab_" });
  try {
    const site = new LoopbackSite({ relays: ["solo"], links: [] });
    await using relay = new MeshRelay({ name: "solo", folder, place: site.relay("solo") });
    await relay.start({ server: { address: relay.listen }, drain_timeout_ms: 100 });
    await deadline.for("the test", body(relay));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a viewer has every object of a publisher at its relay, once and in order", async () => {
  await withRelay(async (relay) => {
    const what = { ...WHAT, schedule: liveSchedule(systemClock.now()) };
    await using publisher = new MeshPublisher(what);
    await publisher.connect(relay);
    await using viewer = await MeshViewer.join(relay, what);
    const first = await viewer.has(0);
    const { missing, cut } = await viewer.verdict(first + 3);
    assert.deepEqual({ missing, cut, faults: viewer.reception.faults }, {
      missing: [],
      cut: [],
      faults: [],
    });
  });
});

Deno.test("groups go on by time when a publisher leaves and comes back", async () => {
  await withRelay(async (relay) => {
    const what = { ...WHAT, schedule: liveSchedule(systemClock.now()) };
    await using publisher = new MeshPublisher(what);
    await publisher.connect(relay);
    await using viewer = await MeshViewer.join(relay, what);
    const before = await viewer.has(0);
    publisher.disconnect(relay.name);
    await publisher.connect(relay);
    await viewer.moveTo(relay);
    assert.ok(await viewer.has(before + 1) > before);
    assert.deepEqual(viewer.reception.faults, []);
  });
});

Deno.test("a relay that is killed is lost to its publisher and to its viewer, and nothing more happens", async () => {
  await withRelay(async (relay) => {
    const what = { ...WHAT, schedule: liveSchedule(systemClock.now()) };
    await using publisher = new MeshPublisher(what);
    await publisher.connect(relay);
    await using viewer = await MeshViewer.join(relay, what);
    await relay.end("SIGKILL");
    await until("both to know", () => !viewer.isConnected && publisher.relays.length === 0);
  });
});

Deno.test("what a cut link held up comes when the link is whole again", async () => {
  await withRelay(async (relay) => {
    await using link = new UdpLink(relay.port);
    const far = { ...relay, name: "far", hostname: relay.hostname, port: link.port };
    const what = { ...WHAT, schedule: liveSchedule(systemClock.now()) };
    await using publisher = new MeshPublisher(what);
    await publisher.connect(relay);
    await using viewer = await MeshViewer.join(far, what);
    await using witness = await MeshViewer.join(relay, what);
    const first = await viewer.has(0);
    link.cut();
    await witness.has(first + 3);
    assert.equal(viewer.reception.isWhole(first + 2), false);
    link.restore();
    link.set({ delayMs: 30, lossPercent: 2 });
    const end = await viewer.has(first + 6);
    const { longestGapMs } = viewer.reception.verdict({ first, last: end });
    assert.ok(longestGapMs > 300, `a gap of ${longestGapMs} ms`);
    const { sent, received } = viewer.reception.arrivals.at(-1)!;
    assert.ok(received - sent >= 25, `${received - sent} ms over a link that takes 30`);
    assert.deepEqual(viewer.reception.faults, []);
  });
});

Deno.test("a controller comes back at its port, behind a link that can be cut", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lab_" });
  try {
    const place = new LoopbackSite({ relays: [], links: [] }).controller();
    await using controller = new MeshController({ name: "sdn", folder, place });
    await controller.start({ server: { address: controller.listen } });
    await using link = new TcpLink(controller.port);
    const isThere = () =>
      fetch(`${link.url}/health`, { headers: { connection: "close" } })
        .then(async (response) => {
          await response.body?.cancel();
          return response.ok;
        }, () => false);
    assert.equal(await isThere(), true);
    link.cut();
    assert.equal(await isThere(), false);
    link.restore();
    assert.equal(await isThere(), true);
    await controller.end("SIGKILL");
    assert.equal(await isThere(), false);
    await controller.start();
    assert.equal(await isThere(), true);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("topologies are what their line says", () => {
  assert.deepEqual(topology("a-b:5 b-c:7"), {
    relays: ["a", "b", "c"],
    links: [{ a: "a", b: "b", cost: 5 }, { a: "b", b: "c", cost: 7 }],
  });
  assert.deepEqual(neighborsOf(chain("a", "b", "c"), "b"), { a: 10, c: 10 });
  assert.deepEqual(neighborsOf(diamond(), "south"), { west: 20, east: 20 });
  assert.throws(() => topology("a-b"), /Not a link: a-b/);
  const ring = ringWithChords(6, 1);
  assert.deepEqual(ring, ringWithChords(6, 1));
  for (const relay of ring.relays) assert.ok(Object.keys(neighborsOf(ring, relay)).length >= 2);
  assert.ok(ring.links.length > 6);
});

Deno.test("free ports are not given out twice", () => {
  const ports = Array.from({ length: 50 }, freePort);
  assert.equal(new Set(ports).size, 50);
});
