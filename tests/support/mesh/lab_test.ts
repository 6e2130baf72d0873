import assert from "node:assert/strict";
import { relayTest } from "../processes/relay_test_case.ts";
import { MeshPublisher } from "./publisher.ts";
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
