import { draft18, SessionCode, vi64 } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { namespaceOf, ScriptedPeer } from "../support/scripted_peer.ts";
import { bytesOf } from "../support/scripted_streams.ts";
import { SessionWorld } from "../support/session_world.ts";
import { announce, closedWith, nextSubgroup, objects, sendSubgroup, watch } from "./script.ts";

Deno.test("R-005, R-049, R-050: a first subscriber gets what a publisher sends", async () => {
  await using world = new SessionWorld();
  const { publisher, subscriber } = await watch(world);
  await sendSubgroup(publisher, { group: 3n }, ...objects(3));
  assert.deepEqual(await nextSubgroup(subscriber), {
    group: 3n,
    subgroup: 0n,
    ids: [0, 1, 2],
    end: "fin",
  });
});
