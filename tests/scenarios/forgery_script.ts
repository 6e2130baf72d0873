/** What the tests of forgeries have in common: tokens, and others who must lose nothing by it. */
import assert from "node:assert/strict";
import { trackOf } from "../support/peers/scripted_peer.ts";
import { plainGate, plainToken } from "../support/worlds/plain_tokens.ts";
import type { SessionWorld, WorldOptions } from "../support/worlds/session_world.ts";
import { accept, announce, nextSubgroup, objects, sendSubgroup, subscribe } from "./script.ts";

/** A client's token. */
export const USER = { root: "", put: "", get: "", jti: "user" };

/** A relay's. */
export const LYON = { ...USER, jti: "lyon", sub: "lyon", cluster: true };

/** What is forged. */
export const TRACK = trackOf("forged", "video");

/** By tokens alone. */
export const GATE: NonNullable<WorldOptions["gate"]> = (clock) => plainGate(clock);

/** A SETUP with a token. */
export function withToken(claims: object) {
  return { authorizationTokens: [plainToken(claims)] };
}

/** A publisher and a viewer that have nothing to do with it. */
export async function canary(world: SessionWorld) {
  const track = trackOf("canary", "video");
  const publisher = await world.connect({ setup: withToken(USER) });
  await announce(publisher, "canary");
  const viewer = await world.connect({ setup: withToken(USER) });
  const request = await subscribe(viewer, {}, track);
  await accept(publisher);
  await request.expect("subscribeOk");
  let group = 0n;
  return {
    async sings() {
      await sendSubgroup(publisher, { group: ++group }, ...objects(3));
      const { ids, end, ...came } = await nextSubgroup(viewer);
      assert.deepEqual([came.group, ids, end], [group, [0, 1, 2], "fin"]);
    },
  };
}
