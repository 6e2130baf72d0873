import assert from "node:assert/strict";
import type { MirroredRelay, MirrorView } from "../control_plane/mod.ts";
import { whyUnknown } from "./unknown_neighbor.ts";

/** A mirror with these relays, of which only the address matters. */
function mirrorOf(relays: Record<string, string>, isFollowed = true): MirrorView {
  const view: Pick<MirrorView, "isComplete" | "isFollowed" | "names" | "relay"> = {
    isComplete: true,
    isFollowed,
    names: () => Object.keys(relays),
    relay: (name) => {
      const address = relays[name];
      return address === undefined ? undefined : { address } as MirroredRelay;
    },
  };
  return view as MirrorView;
}

Deno.test("a neighbor without an address is explained by what the controller has", () => {
  const mirror = mirrorOf({ paris: "moqt://10.0.0.1:4433", rome: "" });
  assert.equal(whyUnknown(mirror, "rome"), "it registered no address that can be called");
  assert.equal(whyUnknown(mirror, "paris"), "it registered no hash of its certificate");
  assert.match(whyUnknown(mirror, "pariz")!, /\(did you mean paris\?\)$/);
  assert.match(whyUnknown(mirror, "tokyo")!, /\(registered: paris, rome\)$/);
  assert.match(whyUnknown(mirrorOf({}), "tokyo")!, /\(none is\)$/);
});

Deno.test("a neighbor without an address is not explained by a mirror that is out of date", () => {
  assert.equal(whyUnknown(mirrorOf({}, false), "tokyo"), undefined);
});
