import type { SubgroupReader, SubgroupScript } from "../support/peers/scripted_objects.ts";
import type { Queue } from "../support/peers/queue.ts";
import type { FetchItem } from "../support/peers/scripted_fetches.ts";
import type { MatrixEvent, MatrixGroup, MatrixObject, Place } from "./client.ts";

/** How a group reaches its subscriber. */
export interface GroupOutlet {
  open(subgroup: number, endOfGroup: boolean): Promise<SubgroupScript>;
  wrote(object: number): void;
}

/** A group of a scripted publisher, with a stream for each subgroup. */
export class ScriptedGroup implements MatrixGroup {
  readonly id: number;
  readonly #outlet: GroupOutlet;
  readonly #subgroups = new Map<number, Promise<SubgroupScript>>();
  #next = 0;

  constructor(id: number, outlet: GroupOutlet) {
    this.id = id;
    this.#outlet = outlet;
  }

  async write(payload: Uint8Array, place?: Place): Promise<void> {
    const { subgroup, object } = place ?? { subgroup: 0, object: this.#next };
    this.#next = object + 1;
    let stream = this.#subgroups.get(subgroup);
    if (stream === undefined) {
      // Alone in its group, a subgroup ends with the group's last object.
      stream = this.#outlet.open(subgroup, place === undefined);
      this.#subgroups.set(subgroup, stream);
    }
    await (await stream).send({ id: object, payload });
    this.#outlet.wrote(object);
  }

  async end(): Promise<void> {
    for (const stream of this.#subgroups.values()) await (await stream).finish();
  }
}

/** Reads a stream of objects to its end. */
export async function hearSubgroup(
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
export function fetchedObjects(items: readonly FetchItem[]): MatrixObject[] {
  return items.filter(({ kind }) => kind === "object").map((item) => ({
    kind: "object",
    group: Number(item.group),
    subgroup: Number(item.subgroup),
    object: item.object,
    payload: item.payload,
  }));
}
