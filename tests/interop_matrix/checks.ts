/** What is tried in each cell of the matrix. */
import assert from "node:assert/strict";
import { payloadOf } from "../support/peers/traffic.ts";
import type { Abilities, MatrixGroup, MatrixPeer, MatrixTrack } from "./client.ts";
import type { MatrixPublication, MatrixSubscription } from "./client.ts";
import { inWords, Received } from "./received.ts";
import { soon } from "./soon.ts";

/** The two ends of a cell. */
export interface Ends {
  readonly track: MatrixTrack;
  readonly publication: MatrixPublication;
  readonly publisher: Abilities;
  readonly viewer: Abilities;
  /** A further viewer in the cell's dialect. */
  connectViewer(): Promise<MatrixPeer>;
}

/** The state of a cell between its checks. */
export interface Cell extends Ends {
  viewing: MatrixPeer;
  subscription: MatrixSubscription;
  received: Received;
  /** The groups that were published whole so far. */
  readonly groups: number[];
}

/** Why a check does not apply: it is a row of the table in `relay/docs/dialects.md`. */
export type Unsayable = "subgroups" | "fetch" | "track-end";

/** One of the checks, in the order in which they are run. */
export interface Check {
  readonly name: string;
  /** What neither end can say; undefined when the check applies. */
  unsayable?(ends: Ends): Unsayable | undefined;
  run(cell: Cell): Promise<void>;
}

const SIZES = [0, 1, 1200, 70_000];

/** All checks. The later ones go on where the earlier ones stopped. */
export const CHECKS: readonly Check[] = [
  {
    name: "live",
    async run(cell) {
      for (let count = 0; count < 3; count++) await passGroup(cell);
    },
  },
  { name: "group end", run: (cell) => cell.received.groupEnd(cell.groups.at(-1)!) },
  {
    name: "subgroups",
    unsayable: ({ publisher, viewer }) =>
      publisher.subgroups === "apart" && viewer.subgroups !== "none" ? undefined : "subgroups",
    run: subgroups,
  },
  { name: "late join", run: lateJoin },
  { name: "leave", run: leave },
  {
    name: "fetch",
    unsayable: ({ viewer }) => viewer.fetch ? undefined : "fetch",
    run: fetchPast,
  },
  { name: "resubscribe", run: resubscribe },
  {
    name: "track end",
    unsayable: ({ viewer }) => viewer.trackEnd ? undefined : "track-end",
    async run({ publication, received }) {
      await soon("the publication to end", publication.end());
      await received.trackEnd();
    },
  },
];

/** Publishes a whole group, which must arrive. */
async function passGroup(cell: Cell): Promise<void> {
  const group = await soon("a group", cell.publication.startGroup());
  await write(group, 0, SIZES.length);
  await soon("the end of a group", group.end());
  cell.groups.push(group.id);
  assert.deepEqual(await cell.received.objects(group.id, SIZES.length), wholeGroup(group.id));
}

async function write(group: MatrixGroup, from: number, to: number): Promise<void> {
  for (let object = from; object < to; object++) {
    await soon("a write", group.write(payloadOf(group.id, object, SIZES[object]!)));
  }
}

/** What must arrive of a group, in words. */
function wholeGroup(group: number): string[] {
  return SIZES.map((size, object) => inWords(object, payloadOf(group, object, size)));
}

async function subgroups(cell: Cell): Promise<void> {
  if (cell.viewer.subgroups === "joined") {
    // From the first group that has several the relay learns that it has to wait for others.
    await passSubgroups(cell);
    await passGroup(cell);
  }
  const group = await passSubgroups(cell);
  if (cell.viewer.subgroups === "apart") {
    const came = await cell.received.places(group, PLACES.length);
    assert.deepEqual(came, PLACES.map(([subgroup, object]) => `${subgroup}/${object}`).sort());
  }
  // Where they are joined, others may come until the next group has begun.
  await passGroup(cell);
  if (cell.viewer.subgroups !== "joined") return;
  const payloads = PLACES.map(([, object]) => payloadOf(group, object, 100));
  const came = await cell.received.objects(group, PLACES.length);
  assert.deepEqual(came, payloads.map((payload, at) => inWords(at, payload)));
}

/** Publishes a group of two subgroups, with gaps. */
async function passSubgroups(cell: Cell): Promise<number> {
  const group = await soon("a group", cell.publication.startGroup());
  for (const [subgroup, object] of PLACES) {
    await group.write(payloadOf(group.id, object, 100), { subgroup, object });
  }
  await group.end();
  return group.id;
}

const PLACES = [[0, 0], [1, 1], [0, 4], [1, 9]] as const;

/** Who joins within a group has the rest of it, or all of it, and one of the next whole. */
async function lateJoin(cell: Cell): Promise<void> {
  const group = await soon("a group", cell.publication.startGroup());
  await write(group, 0, 2);
  await cell.received.objects(group.id, 2);
  const late = await soon("another viewer", cell.connectViewer());
  try {
    const received = new Received(await soon("its subscription", late.subscribe(cell.track)));
    await write(group, 2, SIZES.length);
    await group.end();
    cell.groups.push(group.id);
    assert.deepEqual(await cell.received.objects(group.id, SIZES.length), wholeGroup(group.id));
    await passGroupTo(received, cell);
    // What it had of the first group may still be on its way.
    const [begun] = received.now(group.id);
    if (begun === undefined) return;
    const rest = wholeGroup(group.id).slice(wholeGroup(group.id).indexOf(begun));
    assert.deepEqual(await received.objects(group.id, rest.length), rest);
  } finally {
    await late.close();
  }
}

/**
 * Publishes groups until one has arrived whole at a viewer that may not be subscribed yet: some
 * libraries do not say when they are.
 */
async function passGroupTo(received: Received, cell: Cell): Promise<void> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const group = await soon("a group", cell.publication.startGroup());
    await write(group, 0, SIZES.length);
    await group.end();
    cell.groups.push(group.id);
    await received.within(SOON_MS, group.id, 1);
    // One that began within the group has the rest of it.
    if (received.now(group.id)[0] !== wholeGroup(group.id)[0]) continue;
    const came = await received.objects(group.id, SIZES.length);
    return assert.deepEqual(came, wholeGroup(group.id));
  }
  throw new Error(`None of ${MAX_ATTEMPTS} groups arrived`);
}

const MAX_ATTEMPTS = 12;
const SOON_MS = 500;

/** Who leaves within a group takes nothing from those who stay. */
async function leave(cell: Cell): Promise<void> {
  const { track } = cell;
  const leaving = await soon("another viewer", cell.connectViewer());
  const subscription = await soon("its subscription", leaving.subscribe(track));
  await passGroupTo(new Received(subscription), cell);
  const group = await soon("a group", cell.publication.startGroup());
  await write(group, 0, 2);
  await leaving.close();
  await write(group, 2, SIZES.length);
  await group.end();
  cell.groups.push(group.id);
  assert.deepEqual(await cell.received.objects(group.id, SIZES.length), wholeGroup(group.id));
  await passGroup(cell);
}

async function fetchPast({ viewing, track, groups }: Cell): Promise<void> {
  const [first, last] = [groups.at(-2)!, groups.at(-1)!];
  const objects = await soon("the fetch", viewing.fetch!(track, first, last));
  const came = objects.map(({ group, object, payload }) => `${group}/${inWords(object, payload)}`);
  const wanted = [first, last].flatMap((group) =>
    wholeGroup(group).map((object) => `${group}/${object}`)
  );
  assert.deepEqual(came, wanted);
}

async function resubscribe(cell: Cell): Promise<void> {
  const { viewing, track } = cell;
  await soon("the subscription to be given up", cell.subscription.stop());
  cell.subscription = await soon("the next one", viewing.subscribe(track));
  cell.received = new Received(cell.subscription);
  await soon("the relay's subscription", cell.publication.subscribed());
  await passGroupTo(cell.received, cell);
}
