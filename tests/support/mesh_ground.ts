/**
 * What a scenario of a mesh says, whatever the mesh stands on: a simulation in virtual time, or real
 * processes (`simulate` in `mesh_world/simulation.ts`, `meshTest` in `mesh/mesh_case.ts`).
 */
import type { Verdict } from "./mesh/reception.ts";
import type { Topology } from "./mesh/topology.ts";
import type { Camera, Place } from "./mesh_world/camera.ts";
import type { Viewer } from "./mesh_world/viewer.ts";

/** Who publishes a live track, in groups whose numbers go on wherever it connects. */
export type MeshPublisher = Pick<Camera<Place>, "group">;

/** Who watches it at a relay. */
export type MeshViewer = Pick<Viewer<Place>, "faults" | "has" | "verdict">;

/** What a break may cost in a simulation. Processes may need what the machine that they share makes them. */
export interface Cost {
  /** The longest time in which nothing came. */
  readonly milliseconds: number;
  /** Groups in a row that did not come whole; none when nothing is said. */
  readonly groups?: number;
}

/** A mesh that runs, whose links are up, and what may happen to it and in it. */
export interface MeshGround {
  /** Somebody publishes a track of this path at these relays. */
  publisher(path: string, ...relays: readonly string[]): Promise<MeshPublisher>;
  connect(publisher: MeshPublisher, relay: string): Promise<void>;
  /** Leaves a relay; the group that is being published is not whole there. */
  disconnect(publisher: MeshPublisher, relay: string): void;
  /** Somebody watches it at a relay, who need not have anything yet. */
  joins(publisher: MeshPublisher, relay: string): Promise<MeshViewer>;
  /** The same, once it has a whole group. */
  viewer(publisher: MeshPublisher, relay: string): Promise<MeshViewer>;
  /** Waits until the track comes to a viewer's relay by these; by none where it is published. */
  comesBy(viewer: MeshViewer, ...relays: readonly string[]): Promise<void>;
  /** A relay is gone from one moment to the next, with its clients. */
  kill(relay: string): Promise<void>;
  /** Starts a relay that was killed. */
  start(relay: string): Promise<void>;
  /** A relay stands still. */
  freeze(relay: string): void;
  thaw(relay: string): void;
  /** Nothing passes between two relays any more, and nobody is told. */
  cut(a: string, b: string): Promise<void>;
  restore(a: string, b: string): Promise<void>;
  /** Waits until a relay knows that it does not reach this neighbor. */
  misses(relay: string, neighbor: string): Promise<unknown>;
  killController(): Promise<void>;
  startController(): Promise<void>;
  /** Fails when a group did not come whole, unless this machine let a process wait for as long. */
  lossless(seen: Verdict): void;
  /** Fails when a break cost more. */
  within(gap: Verdict, cost: Cost): void;
}

/** One course of events, on a mesh of its own. */
export interface MeshScenario {
  readonly name: string;
  readonly topology: Topology;
  /** After how much silence a link is down, if not as usual. */
  readonly linkTimeoutMs?: number;
  readonly body: (ground: MeshGround) => Promise<void>;
}
