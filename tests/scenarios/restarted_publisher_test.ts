import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { MeshWorld } from "../support/mesh_world.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { Encoder, GROUP_MS, IDLE_MS } from "./encoder_script.ts";
import { Player, type PlayerKind } from "./player_script.ts";
import { sendSubscribeOk } from "./script.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

/** How soon a viewer must see what a publisher that came back sends. */
const SOON_MS = 1_000;

/** How long the new publisher is watched. */
const WATCHED_MS = 3_000;

/** Where publishers and viewers are. */
interface Places {
  readonly first: string;
  readonly second: string;
  readonly viewer: string;
}

const PLACES: Readonly<Record<string, Places>> = {
  "at its relay": { first: "west", second: "west", viewer: "west" },
  "from another relay": { first: "west", second: "west", viewer: "east" },
  "that comes to another relay, from the first": { first: "west", second: "east", viewer: "west" },
  "that comes to the viewer's relay": { first: "west", second: "east", viewer: "east" },
};

const KINDS: readonly PlayerKind[] = ["draft", "moq-dev"];

const ENDINGS = { "is killed": [7, 100, 300], "closes in order": [100] } as const;

for (const [ending, counts] of Object.entries(ENDINGS)) {
  for (const [where, places] of Object.entries(PLACES)) {
    for (const after of [500, 5_000, 15_000, 35_000]) {
      for (const groups of counts) {
        const name =
          `a publisher ${ending} behind group ${groups} and is back after ${after} ms: ` +
          `viewers see the new one ${where} within a second`;
        Deno.test(name, () => restart(places, { isKilled: ending === "is killed", after, groups }));
      }
    }
  }
}

/** What becomes of a publisher, and when it is back. */
interface Restart {
  readonly isKilled: boolean;
  readonly after: number;
  /** How many groups it had sent. */
  readonly groups: number;
}

async function restart(places: Places, { isKilled, after, groups }: Restart): Promise<void> {
  await using world = new MeshWorld(chain("west", "east"), { reportMs: 30 });
  const { clock } = world;
  await world.settle();
  await using players = new AsyncDisposableStack();
  const join = async (kind: PlayerKind) =>
    players.use(await Player.start(kind, world.relay(places.viewer), clock));
  await using former = await Encoder.start("former", world.relay(places.first), clock);
  const viewers = await Promise.all(KINDS.map(join));
  const isThere = () => former.groups > groups;
  await world.until("the groups of the former", isThere, (groups + 10) * GROUP_MS);
  for (const viewer of viewers) assert.ok(viewer.of("former").length > groups, "nothing was shown");

  if (isKilled) former.kill();
  else former.close();
  await world.advance(after);
  await using anew = await Encoder.start("anew", world.relay(places.second), clock);
  await world.until("somebody asks the new one", () => anew.sentAt !== undefined, SOON_MS);
  await world.advance(SOON_MS);
  for (const viewer of viewers) seesAtOnce(viewer, anew);
  const late = await Promise.all(KINDS.map(join));
  // The session of one that was killed times out meanwhile.
  await world.advance(IDLE_MS + WATCHED_MS);
  for (const viewer of [...viewers, ...late]) seesItAlone(viewer, anew);
  for (const viewer of late) {
    assert.deepEqual(viewer.of("former"), [], "a late viewer sees the old");
  }
  cameBack(viewers[1]!);
}

function seesAtOnce(viewer: Player, anew: Encoder): void {
  const [first] = viewer.of("anew");
  assert.ok(first !== undefined, `${viewer.kind}: nothing within a second`);
  const late = first.at - anew.sentAt!;
  assert.ok(late <= SOON_MS, `${viewer.kind}: ${late} ms`);
  assert.equal(viewer.of("anew", "catalog").length, 1, `${viewer.kind}: the catalog`);
}

/** It was told that the namespace went and came: once more where it came back before its tracks did. */
function cameBack({ told }: Player): void {
  const again = ["namespaceDone", "namespace"];
  const times = (told.length - 1) / 2;
  assert.ok(times === 1 || times === 2, told.join());
  assert.deepEqual(told, ["namespace", ...Array(times).fill(again).flat()]);
}

/** From its first object on, the viewer sees the new publisher alone, without a gap, as far as it is. */
function seesItAlone(viewer: Player, anew: Encoder): void {
  const videos = viewer.shown.filter(({ track }) => track === "video");
  const since = videos.findIndex(({ encoder }) => encoder === "anew");
  assert.ok(since >= 0, "nothing of the new one");
  assert.ok(videos.slice(since).every(({ encoder }) => encoder === "anew"), "both are mixed");
  const seen = [...new Set(viewer.of("anew").map(({ group }) => group))].sort((a, b) => a - b);
  const whole = Array.from({ length: seen.at(-1)! - seen[0]! + 1 }, (_, at) => seen[0]! + at);
  assert.deepEqual(seen, whole, "groups are missing");
  assert.ok(seen.at(-1)! >= anew.groups - 2, `only as far as ${seen.at(-1)} of ${anew.groups}`);
}

draftTest(
  "a viewer that comes to the relay of a dead publisher sees the new one at another relay",
  async () => {
    await using world = new MeshWorld(chain("west", "east"));
    await world.settle();
    await using former = await Encoder.start("former", world.relay("west"), world.clock);
    await world.advance(1_000);
    former.kill();
    await world.advance(500);
    await using anew = await Encoder.start("anew", world.relay("east"), world.clock);
    await world.advance(500);
    await using viewer = await Player.start("draft", world.relay("west"), world.clock);
    await world.advance(3 * SOON_MS);
    seesItAlone(viewer, anew);
    assert.deepEqual(viewer.of("former"), []);
  },
);

draftTest(
  "of two encoders at two relays the newer has all tracks at both, while it is there",
  async () => {
    await using world = new MeshWorld(chain("west", "east"));
    await world.settle();
    await using older = await Encoder.start("older", world.relay("west"), world.clock);
    await using near = await Player.start("draft", world.relay("west"), world.clock);
    await using far = await Player.start("moq-dev", world.relay("east"), world.clock);
    await world.advance(5_000);
    await using newer = await Encoder.start("anew", world.relay("east"), world.clock);
    await world.advance(3_000);
    for (const viewer of [near, far]) {
      seesItAlone(viewer, newer);
      assert.equal(viewer.shown.findLast(({ track }) => track === "catalog")!.encoder, "anew");
    }
    newer.close();
    await world.advance(3_000);
    const { groups } = older;
    for (const viewer of [near, far]) {
      assert.ok(viewer.of("older").at(-1)!.group >= groups - 2, `${viewer.kind} has not the older`);
    }
  },
);

draftTest(
  "a stranger with every namespace who sends nothing hides no encoder at another relay",
  async () => {
    await using world = new MeshWorld(chain("west", "east"));
    const { clock } = world;
    await world.settle();
    await using encoder = await Encoder.start("anew", world.relay("west"), clock);
    await using early = await Player.start("draft", world.relay("east"), clock);
    await world.advance(1_000);
    const [client, server] = memoryPair({ clock, latency: 5, canReset: false });
    world.relay("east").accept(server);
    const stranger = await ScriptedPeer.connect(client);
    await stranger.request({ kind: "publishNamespace", namespace: [], parameters: {} });
    let asked = 0;
    void (async () => {
      for (;;) {
        const request = await stranger.acceptRequest();
        const { kind } = await request.next();
        if (kind === "subscribe") await sendSubscribeOk(request, { alias: BigInt(++asked) });
      }
    })().catch(() => {});
    await world.advance(500);
    await using late = await Player.start("draft", world.relay("east"), clock);
    await world.advance(2 * SOON_MS);
    for (const viewer of [early, late]) seesItAlone(viewer, encoder);
    await world.advance(IDLE_MS);
    for (const viewer of [early, late]) seesItAlone(viewer, encoder);
    assert.ok(asked > 0, "the stranger was not asked");
    stranger.close();
  },
);
