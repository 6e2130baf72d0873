import { ByteWriter, encodeFetchHeader, encodeSubgroupHeader, vi64 } from "@qumo/shared/wire";
import { SUBGROUPS_AT_ONCE } from "../../../relay/session/limits.ts";
import { MAX_SUBGROUPS_PER_GROUP } from "../../../relay/track/limits.ts";
import { bytesOf } from "../../support/peers/scripted_streams.ts";
import {
  accept,
  announce,
  at,
  datagram,
  fetch,
  join,
  nextSubgroup,
  objects,
  openSubgroup,
  publish,
  sendSubgroup,
  subgroupHeader,
  SubgroupReader,
  watch,
} from "../script.ts";
import { type Drive, inSessions } from "./drive.ts";
import { referenceDraft } from "../../support/reference_draft.ts";

const SECOND = 30n;
const LIVE = { filter: { type: "largest_object" } } as const;

/** What publishers bring that is thrown away, given up or decided between. */
export const OBJECTS: readonly Drive[] = [
  inSessions("objects as streams and datagrams", {}, async (world) => {
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(3));
    publisher.sendDatagram(datagram(publisher, { group: 2n }));
  }),
  inSessions(
    "objects of groups that are gone",
    { cache: { maxGroupsPerTrack: 1 } },
    async (world) => {
      const { publisher, downstream } = await watch(world);
      await sendSubgroup(publisher, { group: 500n }, ...objects(1));
      await world.settle();
      const late = await openSubgroup(publisher, { group: 1n });
      for (let id = 0; id < 8; id++) {
        await late.send(...objects(1, id)).catch(() => {});
        await world.advance(1_000);
      }
      await downstream.expect("publishDone");
    },
  ),
  inSessions("an object that is too large", { limits: { maxObjectBytes: 10 } }, async (world) => {
    const { publisher } = await watch(world);
    await openSubgroup(publisher, {}, { id: 0, payload: "x".repeat(11) });
  }),
  inSessions("more subgroups than a group may have, none of which ends", {
    settings: { maxIncomingStreams: 100_000 },
    maxClientStreams: 100_000,
    delivery: { maxOpenSubgroups: 10_000 },
    cache: { maxBytes: 10_000_000, maxTrackBytes: 10_000_000 },
  }, async (world) => {
    const peer = { memory: { maxUniStreams: 10_000 } };
    const { publisher, subscriber } = await watch(world, { publisher: peer, subscriber: peer });
    void (async () => {
      for (;;) await SubgroupReader.next(subscriber);
    })().catch(() => {});
    for (let id = 0; id <= MAX_SUBGROUPS_PER_GROUP; id++) {
      await openSubgroup(publisher, { subgroup: BigInt(id) }, ...objects(1, id));
      if (id % 16 === 0) await world.advance(100);
    }
  }),
  inSessions("subgroups that begin too fast", {}, async (world) => {
    const { publisher, downstream } = await watch(world);
    for (let group = 0n; group <= SUBGROUPS_AT_ONCE; group++) {
      await sendSubgroup(publisher, { group }, ...objects(1));
    }
    await downstream.expect("publishDone");
  }),
  inSessions(
    "streams that are never ended",
    { settings: { maxIncomingStreams: 64 } },
    async (world) => {
      const memory = { canReset: false, answersStops: true, maxUniStreams: 64 };
      const { publisher, downstream } = await watch(world, { publisher: { memory } });
      for (let group = 0n; group < 62n; group++) {
        await openSubgroup(publisher, { group }, ...objects(1));
        await world.settle();
      }
      await downstream.expect("publishDone");
    },
  ),
  inSessions(
    "streams of groups that the cache gave up",
    { cache: { maxGroupsPerTrack: 2 } },
    async (world) => {
      const { publisher } = await watch(world);
      for (let group = 0n; group < 20n; group++) {
        await openSubgroup(publisher, { group }, ...objects(1));
        await world.settle();
      }
    },
  ),
  inSessions(
    "streams and datagrams of nothing that is known, and of what is over",
    {},
    async (world) => {
      const { publisher, upstream, subscriber } = await watch(world);
      for (let object = 0; object < 100; object++) {
        publisher.sendDatagram(datagram(publisher, { alias: 99n, object }));
      }
      await publisher.openStream(new Uint8Array(0));
      await openSubgroup(publisher, { alias: 99n }, ...objects(1));
      await world.advance(5_000);
      subscriber.close();
      await world.advance(1_000);
      await upstream.ended();
      await openSubgroup(publisher, { group: 9n }, ...objects(1));
      publisher.sendDatagram(datagram(publisher, { group: 9n }));
    },
  ),
  inSessions("a stream and a track that contradict themselves", {}, async (world) => {
    const { publisher } = await watch(world);
    const open = await openSubgroup(publisher, { group: 3n }, ...objects(1));
    const header = encodeSubgroupHeader(subgroupHeader({ group: 1n }), referenceDraft.data);
    const writer = new ByteWriter(vi64);
    for (const part of [2n ** 60n, 1n]) writer.varint(part);
    await publisher.openStream(bytesOf(referenceDraft, header, writer.finish()));
    await sendSubgroup(publisher, { group: 2n }, ...objects(1));
    const contradiction = await openSubgroup(publisher, { group: 2n });
    await world.settle();
    // The second comes when the first has ended the track.
    const both = [contradiction.send({ id: 0, payload: "another" }), open.send(...objects(1, 1))];
    await Promise.allSettled(both);
  }),
  inSessions("a newer publisher, where it has the track", {}, async (world) => {
    const { publisher } = await watch(world);
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    const open = await openSubgroup(publisher, { group: 2n }, ...objects(1));
    const anew = await world.connect();
    await (await publish(anew, { alias: SECOND })).expect("requestOk");
    await world.settle();
    await sendSubgroup(anew, { alias: SECOND, group: 1n }, { id: 0, payload: "another" });
    await world.settle();
    await open.send(...objects(1, 1)).catch(() => {});
  }),
  inSessions(
    "a newer publisher, where the older keeps the track",
    { policy: "oldest" },
    async (world) => {
      const { publisher } = await watch(world);
      const stranger = await world.connect();
      await (await publish(stranger, { alias: SECOND })).expect("requestOk");
      await sendSubgroup(publisher, { group: 1n }, ...objects(2));
      await world.settle();
      const poison = await openSubgroup(stranger, { alias: SECOND, group: 1n });
      await poison.send({ id: 0, payload: "poison" });
    },
  ),
  inSessions("another publisher, when the one before has gone", {}, async (world) => {
    const { publisher, upstream } = await watch(world);
    const anew = await world.connect();
    await sendSubgroup(publisher, { group: 1n }, ...objects(1));
    await world.settle();
    const offer = await publish(anew, { alias: SECOND });
    await offer.expect("requestOk");
    upstream.cancel("internal_error");
    publisher.close();
    await world.settle();
    await sendSubgroup(anew, { alias: SECOND, group: 1n }, { id: 0, payload: "another" });
  }),
  inSessions("two publishers that bring the same", {}, async (world) => {
    const { publisher } = await watch(world);
    const next = await world.connect();
    await announce(next, "live");
    await accept(next, { alias: SECOND });
    await sendSubgroup(publisher, { group: 2n }, ...objects(2));
    await sendSubgroup(next, { alias: SECOND, group: 2n }, ...objects(2));
  }),
  inSessions(
    "fetches: shared ones, one that is over, and one that is malformed",
    {},
    async (world) => {
      const answer = { largest: at(7, 2) };
      const { publisher } = await watch(world, { parameters: LIVE, answer });
      await sendSubgroup(publisher, { group: 7n }, ...objects(2, 3));
      await world.settle();
      const range = { type: "relative_joining", requestId: 0n, start: 0n } as const;
      for (let viewer = 0; viewer < 2; viewer++) {
        const { subscriber } = await join(world, LIVE);
        await subscriber.request({ kind: "fetch", range, parameters: {} });
      }
      const { request, message } = await publisher.expectRequest("fetch");
      await request.send({
        kind: "fetchOk",
        endOfTrack: false,
        end: at(7, 5),
        parameters: {},
        properties: new Uint8Array(0),
      });
      const header = referenceDraft.data.fetch.writer("ascending", referenceDraft.data).object({
        group: 7n,
        object: 0,
        subgroup: 0n,
        priority: 128,
        properties: undefined,
        payloadLength: 1,
      });
      const stream = encodeFetchHeader(message.requestId, referenceDraft.data);
      await publisher.openStream(bytesOf(referenceDraft, stream, header, "x"));
      await publisher.openStream(encodeFetchHeader(message.requestId + 2n, referenceDraft.data));
      await world.settle();
      await publisher.openStream(encodeFetchHeader(message.requestId, referenceDraft.data));
    },
  ),
  inSessions("groups that the cache has no room for", {
    cache: { maxGroupsPerTrack: 3, maxTrackBytes: 30_000, maxBytes: 40_000, maxAgeMs: 2_000 },
  }, async (world) => {
    const { publisher, subscriber } = await watch(world);
    const other = await publish(publisher, { track: { ...OTHER }, alias: SECOND });
    await other.expect("requestOk");
    for (let group = 0n; group < 5n; group++) {
      await sendSubgroup(publisher, { group }, ...objects(1));
      await nextSubgroup(subscriber);
    }
    await world.advance(5_000);
    for (let group = 10n; group < 14n; group++) {
      const large = { id: 0, payload: "x".repeat(14_000) };
      await sendSubgroup(publisher, { group }, large);
      await sendSubgroup(publisher, { group, alias: SECOND }, large);
      await world.settle();
    }
    await fetch(subscriber, [10, 0], [10, 1]);
  }),
];

const OTHER = { namespace: [new Uint8Array([1])], name: new Uint8Array([2]) };
