/** What scenarios of a simulated mesh have in common: a camera in the west, and who watches it. */
import type { FullTrackName } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Camera, MeshWorld, Viewer } from "../support/mesh_world.ts";
import { nameOf } from "../support/worlds/track_model.ts";

/** The track that most scenarios are about. */
export const VIDEO: FullTrackName = nameOf("live", "video");

/** A camera in the west that somebody in the east watches, from the beginning of its second group. */
export async function watched(world: MeshWorld): Promise<{ camera: Camera; viewer: Viewer }> {
  await world.settle();
  const camera = world.camera(VIDEO, ["west"]);
  await world.advance(700);
  const viewer = await world.watch("east", camera);
  await flows(world, viewer, camera);
  return { camera, viewer };
}

/** Waits until a viewer has a group that begins from now on. */
export async function flows(world: MeshWorld, viewer: Viewer, camera: Camera): Promise<void> {
  const next = camera.group + 1;
  await world.until(`the ${viewer} has group ${next}`, () => viewer.watching.group >= next);
}

/** Fails unless every group that was over by now came whole, from this one on. */
export function wholeFrom(group: number, viewer: Viewer, camera: Camera): void {
  const { watching } = viewer;
  assert.ok(watching.group >= camera.group - 1, `only as far as group ${watching.group}`);
  assert.deepEqual(watching.missing(group, camera.group - 2), []);
  assert.equal(watching.end, undefined);
}
