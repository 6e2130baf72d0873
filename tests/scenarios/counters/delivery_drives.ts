import {
  PARKED_CHECK_MS,
  PARKED_STREAM_MS,
  STREAM_PATIENCE_MS,
} from "../../../relay/session/limits.ts";
import {
  accept,
  announce,
  datagram,
  objects,
  openSubgroup,
  type ScriptedObject,
  sendSubgroup,
  SubgroupReader,
  VIDEO,
  watch,
} from "../script.ts";
import { testDraft } from "../../support/test_draft.ts";
import { type Drive, inSessions } from "./drive.ts";

/** Streams of so few bytes that what is written waits until the subscriber reads. */
const SLOW = { memory: { streamWindow: 64 } };
const NO_RESET = { memory: { canReset: false } };

function sized(id: number, bytes: number): ScriptedObject {
  return { id, payload: "x".repeat(bytes) };
}

/** What subscribers miss, and what becomes of streams that cannot be reset. */
export const DELIVERY: readonly Drive[] = [
  inSessions("a subscriber that reads nothing, until it is ended", {
    delivery: { maxBacklogBytes: 1_000 },
  }, async (world) => {
    const { publisher, downstream } = await watch(world, { subscriber: SLOW });
    for (const group of [1n, 2n]) await openSubgroup(publisher, { group }, sized(0, 2_000));
    await world.settle();
    await openSubgroup(publisher, { group: 3n }, sized(0, 2_000), sized(1, 2_000));
    await openSubgroup(publisher, { group: 4n }, ...objects(1));
    await world.advance(10_000);
    await downstream.expect("publishDone");
  }),
  inSessions("a subscriber with too many streams open", {
    delivery: { maxOpenSubgroups: 2 },
  }, async (world) => {
    const { publisher } = await watch(world);
    for (const [id, priority] of [50, 90, 20].entries()) {
      const header = { group: 1n, subgroup: BigInt(id), priority };
      await openSubgroup(publisher, header, ...objects(1, id));
      await world.settle();
    }
    await openSubgroup(publisher, { group: 1n, subgroup: 3n, priority: 60 }, ...objects(1, 3));
  }),
  inSessions("an object that waited for too long", {}, async (world) => {
    const { publisher, subscriber } = await watch(world, {
      parameters: { objectDeliveryTimeout: 100n },
      subscriber: SLOW,
    });
    const group = await openSubgroup(publisher, { group: 1n }, sized(0, 1_000));
    await world.settle();
    await group.send(...objects(1, 1));
    await world.advance(101);
    await (await SubgroupReader.next(subscriber)).rest();
  }),
  inSessions("a subscriber that the cache cannot wait for", {
    cache: { maxTrackBytes: 100_000 },
  }, async (world) => {
    const { publisher, subscriber } = await watch(world, { subscriber: SLOW });
    const group = await openSubgroup(publisher, { group: 1n }, sized(0, 1_000));
    await world.settle();
    for (let id = 1; id < 20; id++) await group.send(sized(id, 20_000));
    await world.settle();
    await (await SubgroupReader.next(subscriber)).rest();
  }),
  inSessions("datagrams that a subscriber's path does not take", {}, async (world) => {
    const { publisher, joined } = await watch(world, {
      subscriber: { memory: { maxDatagramSize: 100 } },
    });
    publisher.sendDatagram(datagram(publisher, { group: 1n, text: "x".repeat(200) }));
    await world.settle();
    Object.assign(joined.connection, { sendDatagram: () => false });
    publisher.sendDatagram(datagram(publisher, { group: 2n }));
  }),
  inSessions("a subscriber whose draft cannot say what there is", {}, async (world) => {
    const { publisher, subscriber } = await watch(world, { subscriber: { draft: testDraft } });
    await sendSubgroup(publisher, { group: 2n ** 62n }, ...objects(1));
    publisher.sendDatagram(datagram(publisher, { group: 2n ** 62n + 1n }));
    await world.settle();
    await subscriber.request({ kind: "trackStatus", track: VIDEO, parameters: {} });
  }),
  inSessions("broken groups, until nobody can take them for whole", {
    cache: { maxAgeMs: 5_000 },
  }, async (world) => {
    const { publisher, joined } = await watch(world, { subscriber: NO_RESET });
    const stream = await openSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    stream.reset("cancelled");
    await world.advance(2 * PARKED_STREAM_MS);
    const parkedStreams = joined.session.counts.parkedStreams;
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    await world.advance(6_000 + PARKED_CHECK_MS);
    return { parkedStreams };
  }),
  inSessions("broken groups, until there are too many", {}, async (world) => {
    const { publisher, downstream } = await watch(world, {
      subscriber: { ...NO_RESET, setup: { solicit: false } },
    });
    for (let group = 0n; group < 100n; group++) {
      const stream = await openSubgroup(publisher, { group }, ...objects(1));
      await world.settle();
      stream.reset("cancelled");
      await world.settle();
    }
    await downstream.finish();
  }),
  inSessions("broken groups, until there is no stream for the next", {}, async (world) => {
    const { publisher } = await watch(world, {
      subscriber: { memory: { canReset: false, maxUniStreams: 7 } },
    });
    for (let group = 0n; group < 30n; group++) {
      const stream = await openSubgroup(publisher, { group }, ...objects(1));
      await world.settle();
      stream.reset("cancelled");
      await world.advance(2 * STREAM_PATIENCE_MS);
    }
  }),
  inSessions("a group whose publisher is silent while another is ahead", {}, async (world) => {
    const { publisher, subscriber } = await watch(world, { subscriber: NO_RESET });
    await openSubgroup(publisher, { group: 5n }, ...objects(1));
    await world.settle();
    await (await SubgroupReader.next(subscriber)).next();
    const successor = await world.connect();
    await announce(successor, "live");
    await accept(successor, { alias: 8n });
    for (let group = 6n; group < 10n; group++) {
      await world.advance(1_000);
      await sendSubgroup(successor, { alias: 8n, group }, ...objects(1));
    }
  }),
];
