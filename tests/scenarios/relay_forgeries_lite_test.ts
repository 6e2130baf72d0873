/** What only relays say in moq-lite, said by a client with a good token: others are told what it is told of any client. */
import { type AnnounceEvent, liteVersions } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { ScriptedLite } from "../support/peers/scripted_lite.ts";
import { plainGate, plainPath } from "../support/worlds/plain_tokens.ts";
import { RELAY_HOP, SessionWorld } from "../support/worlds/session_world.ts";
import { LiteWorld, PATH } from "./lite_script.ts";

const USER = { root: "", put: "", get: "", jti: "user" };
const RELAY = { ...USER, jti: "lyon", sub: "lyon", cluster: true };
/** The hop ids of a relay of another program, and of one that is elsewhere. */
const [LYON, PARIS] = [12n, 66n];

/** What a forger says of its route, again and again. */
const FORGED: readonly (readonly bigint[])[] = [[PARIS], [LYON], [], [PARIS, LYON, 0n], [1n, 2n]];

const CHEAP = { warm: 0n, cold: 0n };
const DEAR = { warm: 1_000_000n, cold: 1_000_000n };

type Told = Exclude<AnnounceEvent, { kind: "ok" }>;

for (const version of liteVersions) {
  const guarded = () =>
    new LiteWorld(version, new SessionWorld({ gate: (clock) => plainGate(clock) }));
  const come = (lite: LiteWorld, claims: object, hop?: bigint) =>
    lite.peer(hop === undefined ? {} : { hop }, { webTransport: plainPath("", claims) });

  for (const hop of [undefined, 7n, LYON, PARIS]) {
    for (const [how, cost] of [["cheap", CHEAP], ["dear", DEAR]] as const) {
      Deno.test(`${version.protocol}: the ${how} routes that a client with hop id ${hop ?? "none"} forges are told as those of any client`, async () => {
        await using lite = guarded();
        const [relay, viewer] = [await come(lite, RELAY, LYON), await come(lite, USER)];
        const heard = [await toldTo(lite, relay), await toldTo(lite, viewer)];
        const honest = await come(lite, USER);
        await honest.announce({ [PATH]: [] });
        const forger = await come(lite, USER, hop);
        const said = await forger.announce({}, hop ?? 0n);
        await said.start("forged", FORGED[0], cost);
        await lite.settle();
        for (const hops of FORGED) {
          await said.update("forged", hops, cost);
          await lite.settle();
        }
        for (const told of heard) {
          const [first, ...others] = told.flatMap((event) => event.kind === "end" ? [] : [event]);
          assert.equal(first!.suffix, PATH);
          // A version without updates ends a route and begins it anew.
          assert.ok(others.length > 0 && told.at(-1)!.kind !== "end");
          for (const { hops, cost } of others) {
            assert.deepEqual({ hops, cost }, { hops: first!.hops, cost: first!.cost });
          }
        }
      });
    }
  }

  // 03 counts hops and does not name them.
  if (version.number === 3) continue;

  Deno.test(`${version.protocol}: a client that says that a broadcast leads back here takes it from nobody`, async () => {
    await using lite = guarded();
    const viewer = await come(lite, USER);
    const heard = await toldTo(lite, viewer);
    const publisher = await come(lite, USER);
    await publisher.announce({ [PATH]: [] });
    const forger = await come(lite, USER, RELAY_HOP);
    const said = await forger.announce({ [PATH]: [RELAY_HOP] }, RELAY_HOP);
    await said.update(PATH, [RELAY_HOP, PARIS]);
    await lite.settle();
    const watching = await viewer.subscribe(1n, [PATH, "video"]);
    const { id } = await lite.feedOf(publisher);
    await said.end(PATH);
    forger.close();
    await publisher.group({ subscription: id, group: 3n }, [Uint8Array.of(1, 2)]);
    const { group, frames } = await lite.nextGroup(viewer);
    assert.deepEqual([group, frames[0]!.payload], [3n, Uint8Array.of(1, 2)]);
    assert.equal(await forger.requests.next(), undefined, "it is asked for nothing");
    assert.ok(heard.every(({ kind }) => kind !== "end"), "it is there all the time");
    watching.output.reset(0);
  });
}

/** Everything that a peer is told from now on. */
async function toldTo(lite: LiteWorld, peer: ScriptedLite): Promise<Told[]> {
  const heard: Told[] = [];
  const announced = await peer.announcements();
  const follow = async () => {
    for (;;) {
      const event = await announced.next();
      if (typeof event !== "object") return;
      heard.push(event);
    }
  };
  void follow();
  await lite.settle();
  return heard;
}
