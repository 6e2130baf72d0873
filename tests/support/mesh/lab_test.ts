import assert from "node:assert/strict";
import { relayTest } from "../processes/relay_test_case.ts";
import { LoopbackSite } from "./site.ts";
import { freePort } from "./ports.ts";
import { MeshProgram } from "./program.ts";
import { MeshPublisher } from "./publisher.ts";
import { TcpLink } from "./tcp_link.ts";
import { chain, diamond, neighborsOf, ringWithChords, topology } from "./topology.ts";
import { UdpLink } from "./udp_link.ts";
import { MeshViewer } from "./viewer.ts";

relayTest("what a cut link held up comes when the link is whole again", async ({ relay }) => {
  const { certificateHash } = relay;
  const near = { name: "near", port: relay.port, certificateHash };
  await using link = new UdpLink(relay.port);
  const far = { name: "far", port: link.port, certificateHash };
  await using publisher = new MeshPublisher("lab");
  await publisher.connect(near);
  await using viewer = await MeshViewer.join(far, publisher);
  await using witness = await MeshViewer.join(near, publisher);
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
  assert.deepEqual(viewer.faults, []);
});

Deno.test("a controller comes back at its port, behind a link that can be cut", async () => {
  const folder = await Deno.makeTempDir({ prefix: "lab_" });
  await using _folder = { [Symbol.asyncDispose]: () => Deno.remove(folder, { recursive: true }) };
  const place = new LoopbackSite({ relays: [], links: [] }).controller();
  await using controller = new MeshProgram("sdn/main.ts", { name: "sdn", folder, place });
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
