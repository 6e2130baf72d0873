import {
  type FullTrackName,
  type Location,
  NO_PROPERTIES,
  type SubgroupHeader,
  WHOLE_GROUP,
} from "@qumo/shared/wire";
import { Queue } from "../support/peers/queue.ts";
import { type FetchItem, readFetchStream } from "../support/peers/scripted_fetches.ts";
import {
  openSubgroup,
  SubgroupReader,
  type SubgroupScript,
} from "../support/peers/scripted_objects.ts";
import { at } from "../support/peers/scripted_requests.ts";
import type { MatrixEvent, MatrixGroup, MatrixObject, MatrixPublication } from "./client.ts";

/** Where streams of objects are opened, and in what draft. */
type Line = Parameters<typeof openSubgroup>[0];

/** A track that is published to the relay's subscription, the newest one when there were several. */
export abstract class ScriptedPublication<Subscriber> implements MatrixPublication {
  protected subscriber = Promise.withResolvers<Subscriber>();
  /** Those of the subscription. */
  protected streams = 0n;
  readonly #line: Line;
  readonly #fields: Partial<SubgroupHeader>;
  #alias = 0n;
  #largest: Location | undefined;
  #nextGroup = 0;

  /** All headers have these fields. */
  constructor(line: Line, fields: Partial<SubgroupHeader>) {
    this.#line = line;
    this.#fields = fields;
  }

  /** What is said to a subscription that is agreed to. */
  protected agree() {
    this.streams = 0n;
    const parameters = this.#largest === undefined ? {} : { largestObject: this.#largest };
    return {
      kind: "subscribeOk",
      alias: ++this.#alias,
      parameters,
      properties: NO_PROPERTIES,
    } as const;
  }

  async subscribed(): Promise<void> {
    await this.subscriber.promise;
  }

  async startGroup(): Promise<MatrixGroup> {
    await this.subscriber.promise;
    const group = this.#nextGroup++;
    const place = { ...this.#fields, alias: this.#alias, group: BigInt(group) };
    const subgroups = new Map<number, Promise<SubgroupScript>>();
    let next = 0;
    return {
      id: group,
      write: async (payload, at) => {
        const { subgroup, object } = at ?? { subgroup: 0, object: next };
        next = object + 1;
        const stream = subgroups.getOrInsertComputed(subgroup, () => {
          this.streams++;
          // Alone in its group, a subgroup ends with the group's last object.
          const fields = { ...place, subgroup: BigInt(subgroup), endOfGroup: at === undefined };
          return openSubgroup(this.#line, fields);
        });
        await (await stream).send({ id: object, payload });
        this.#largest = { group: place.group, object: BigInt(object) };
      },
      end: async () => {
        for (const stream of subgroups.values()) await (await stream).finish();
      },
    };
  }

  abstract end(): Promise<void>;
}

/** What streams bring to a viewer. The first one of a track may overtake the answer that says its alias. */
export class Arrivals {
  readonly #events = new Map<bigint, Queue<MatrixEvent>>();
  readonly #fetches = new Map<bigint, PromiseWithResolvers<MatrixObject[]>>();

  /** What comes under an alias. */
  events(alias: bigint): Queue<MatrixEvent> {
    return this.#events.getOrInsertComputed(alias, () => new Queue());
  }

  /** The alias may come to mean something else. */
  forget(alias: bigint): void {
    this.#events.delete(alias);
  }

  /** The objects of a fetch. */
  fetched(requestId: bigint): Promise<MatrixObject[]> {
    return this.#fetch(requestId).promise;
  }

  #fetch(requestId: bigint): PromiseWithResolvers<MatrixObject[]> {
    return this.#fetches.getOrInsertComputed(requestId, () => Promise.withResolvers());
  }

  /** Reads a stream to its end. */
  async read(stream: Parameters<typeof SubgroupReader.of>[0]): Promise<void> {
    if (stream.type === FETCH_STREAM) {
      const { requestId, items } = await readFetchStream(stream);
      return this.#fetch(requestId).resolve(fetchedObjects(items));
    }
    const reader = await SubgroupReader.of(stream);
    await hearSubgroup(reader, this.events(reader.header.alias));
  }
}

const FETCH_STREAM = 0x05n;

/** All objects of these groups, both included. */
export function rangeOfGroups(track: FullTrackName, first: number, last: number) {
  const end = { group: BigInt(last), object: WHOLE_GROUP };
  return { type: "standalone", track, start: at(first, 0), end } as const;
}

/** Reads a stream of objects to its end. */
async function hearSubgroup(
  reader: SubgroupReader,
  events: Queue<MatrixEvent>,
): Promise<void> {
  const group = Number(reader.header.group);
  for (;;) {
    const next = await reader.nextBytes();
    if (typeof next !== "object") {
      if (next === "fin") events.push({ kind: "group_end", group });
      return;
    }
    if (next.status !== 0) continue;
    events.push({
      kind: "object",
      group,
      subgroup: Number(reader.header.subgroup),
      object: next.id,
      payload: next.payload,
    });
  }
}

/** The objects of a fetch, without what it says of others. */
function fetchedObjects(items: readonly FetchItem[]): MatrixObject[] {
  return items.filter(({ kind }) => kind === "object").map((item) => ({
    kind: "object",
    group: Number(item.group),
    subgroup: Number(item.subgroup),
    object: item.object,
    payload: item.payload,
  }));
}
