import { Path } from "@moq/net";
import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import type { Mesh } from "../support/mesh/mesh.ts";
import { meshTest, trackText, words } from "../support/mesh/mesh_case.ts";
import { chain, diamond } from "../support/mesh/topology.ts";
import { connectClient } from "../support/mesh/client.ts";
import { NamespaceSet } from "../support/peers/namespace_set.ts";
import { until } from "../support/mesh/until.ts";
import { MeshViewer } from "../support/mesh/viewer.ts";

// Three seconds of half-second groups. A link is known to be down within one; the rest is for a
// machine that runs other tests meanwhile.
const GAP_GROUPS = 6;
const GROUPS_AFTER = 4;

/** What happens to the best way from west to east, and how it is mended. */
interface Break {
  readonly name: string;
  readonly happens: (mesh: Mesh) => unknown;
  readonly mended: (mesh: Mesh) => unknown;
}

const BREAKS: readonly Break[] = [
  {
    name: "its relay is killed",
    happens: (mesh) => mesh.relay("north").end("SIGKILL"),
    mended: (mesh) => mesh.relay("north").start(),
  },
  {
    name: "its relay freezes",
    happens: (mesh) => mesh.relay("north").signal("SIGSTOP"),
    mended: (mesh) => mesh.relay("north").signal("SIGCONT"),
  },
  {
    name: "its first link is cut",
    happens: (mesh) => mesh.link("north", "east").cut(),
    mended: (mesh) => mesh.link("north", "east").restore(),
  },
  {
    name: "its last link is cut",
    happens: (mesh) => mesh.link("west", "north").cut(),
    mended: (mesh) => mesh.link("west", "north").restore(),
  },
];

for (const { name, happens, mended } of BREAKS) {
  meshTest(
    `a viewer goes on by the other way when of the best one ${name}, and back without loss`,
    { topology: diamond() },
    async ({ mesh, publisher, viewer, say, withinGroups }) => {
      const live = await publisher("concert", "west");
      const watching = await viewer(live, "east");
      const track = trackText("concert");
      await mesh.routed("east", track, ["north", "west"]);
      await watching.has(live.group + 1);

      await happens(mesh);
      const broken = live.group;
      await mesh.routed("east", track, ["south", "west"]);
      const gap = await watching.verdict(live.group + GROUPS_AFTER, broken - 1);
      say(words(gap));
      withinGroups(gap, GAP_GROUPS);

      await mended(mesh);
      await mesh.routed("east", track, ["north", "west"]);
      const back = await watching.verdict(live.group + GROUPS_AFTER, gap.last);
      say(`on the way back: ${words(back)}`);
      assert.deepEqual([...back.missing, ...back.cut], []);
      assert.deepEqual(watching.reception.faults, []);
    },
  );
}

meshTest(
  "a viewer goes on when the way dies again in the moment in which it is back",
  { topology: diamond() },
  async ({ mesh, publisher, viewer, say, withinGroups }) => {
    const live = await publisher("concert", "west");
    const watching = await viewer(live, "east");
    const track = trackText("concert");
    await mesh.routed("east", track, ["north", "west"]);
    await mesh.relay("north").end("SIGKILL");
    await mesh.routed("east", track, ["south", "west"]);
    await mesh.relay("north").start();
    await mesh.routed("east", track, ["north", "west"]);

    const broken = live.group;
    await mesh.relay("north").end("SIGKILL");
    await mesh.routed("east", track, ["south", "west"]);
    const gap = await watching.verdict(live.group + GROUPS_AFTER, broken - 1);
    say(words(gap));
    withinGroups(gap, GAP_GROUPS);
    assert.deepEqual(watching.reception.faults, []);
  },
);

meshTest(
  "a viewer that comes while the only way is frozen has the track when it thaws",
  { topology: chain("lisbon", "madrid", "lyon") },
  async ({ mesh, publisher }) => {
    const live = await publisher("concert", "lisbon");
    await using witness = await MeshViewer.join(mesh.relay("madrid"), live);
    await witness.has(0);
    const linkState = async () =>
      (await mesh.relay("lyon").mesh())?.links.find(({ neighbor }) => neighbor === "madrid")?.state;
    mesh.relay("madrid").signal("SIGSTOP");
    await using viewer = await MeshViewer.join(mesh.relay("lyon"), live);
    await until("lyon to miss madrid", async () => await linkState() !== "up");
    mesh.relay("madrid").signal("SIGCONT");
    await viewer.has(live.group + 1);
    assert.deepEqual(viewer.reception.faults, []);
  },
);

meshTest(
  "what a killed relay announced is withdrawn at the others, and a new viewer is refused at once",
  { topology: chain("lisbon", "madrid", "lyon") },
  async ({ mesh, publisher, say }) => {
    const live = await publisher("concert", "lisbon");
    await using witness = await MeshViewer.join(mesh.relay("lyon"), live);
    await witness.has(0);
    const client = await connectClient(mesh.relay("lyon"));
    using _session = { [Symbol.dispose]: () => client.close() };
    const known = new NamespaceSet();
    void follow(client.session.announced(), known).catch((error) => known.end(String(error)));
    await known.until("concert", true);

    const killed = systemClock.now();
    // Its end says nothing to anybody, and the publisher has nobody to say anything to.
    mesh.relay("lisbon").signal("SIGSTOP");
    live.disconnect("lisbon");
    await mesh.relay("lisbon").end("SIGKILL");
    await known.until("concert", false);
    const withdrawn = systemClock.now();
    const broadcast = client.session.consume(Path.from("concert"));
    const end = await broadcast.track("video").subscribe().closed;
    const refused = systemClock.now();
    broadcast.close();
    say(`withdrawn after ${withdrawn - killed} ms, refused in ${refused - withdrawn} ms`);
    assert.ok(end instanceof Error, "it was not refused");
    // Far below the lease, and below the ten seconds that a viewer waits for a way.
    assert.ok(withdrawn - killed < 10_000, `withdrawn after ${withdrawn - killed} ms`);
    assert.ok(refused - withdrawn < 2_000, `refused after ${refused - withdrawn} ms`);
    assert.match(mesh.relay("lyon").log, /relay unreachable: what it announces is withdrawn here/);
  },
);

async function follow(
  announcements: { next(): Promise<{ path: string; active: boolean } | undefined> },
  known: NamespaceSet,
): Promise<void> {
  for (;;) {
    const event = await announcements.next();
    if (event === undefined) return known.end("the session ended");
    known.set(event.path, event.active);
  }
}
