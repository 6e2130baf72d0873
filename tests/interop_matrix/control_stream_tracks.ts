import { type MultiplexedDraft, NO_PROPERTIES, type StreamDraft } from "@qumo/shared/wire";
import type { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { Queue } from "../support/peers/queue.ts";
import { subgroupHeader, SubgroupScript } from "../support/peers/scripted_objects.ts";
import type { MatrixEvent, MatrixGroup, MatrixPublication, MatrixSubscription } from "./client.ts";
import { ScriptedGroup } from "./scripted_group.ts";

/** What the streams of objects use of a draft is the same in both families. */
export function asStreamDraft(draft: MultiplexedDraft): StreamDraft {
  return draft as unknown as StreamDraft;
}

/** A track that is published to the relay's subscription, the newest one when there were several. */
export class ControlStreamPublication implements MatrixPublication {
  readonly #peer: ControlStreamPeer;
  #subscriber = Promise.withResolvers<bigint>();
  #alias = 0n;
  #largest: { readonly group: bigint; readonly object: bigint } | undefined;
  #nextGroup = 0;
  #streams = 0n;

  constructor(peer: ControlStreamPeer) {
    this.#peer = peer;
  }

  /** Agrees to a subscription. */
  serve(requestId: bigint): void {
    this.#streams = 0n;
    const largest = this.#largest;
    this.#peer.say({
      kind: "subscribeOk",
      requestId,
      alias: ++this.#alias,
      parameters: { ...(largest !== undefined && { largestObject: largest }) },
      properties: NO_PROPERTIES,
    });
    this.#subscriber.resolve(requestId);
  }

  /** The subscriber has enough. */
  drop(requestId: bigint): void {
    void this.#subscriber.promise.then((served) => {
      if (served === requestId) this.#subscriber = Promise.withResolvers();
    });
  }

  async subscribed(): Promise<void> {
    await this.#subscriber.promise;
  }

  async startGroup(): Promise<MatrixGroup> {
    await this.#subscriber.promise;
    const group = this.#nextGroup++;
    const alias = this.#alias;
    return new ScriptedGroup(group, {
      open: (subgroup, endOfGroup) => this.#open({ alias, group, subgroup, endOfGroup }),
      wrote: (object) => this.#largest = { group: BigInt(group), object: BigInt(object) },
    });
  }

  async #open({ alias, group, subgroup, endOfGroup }: {
    readonly alias: bigint;
    readonly group: number;
    readonly subgroup: number;
    readonly endOfGroup: boolean;
  }): Promise<SubgroupScript> {
    this.#streams++;
    const { draft, connection } = this.#peer;
    const place = { alias, group: BigInt(group), subgroup: BigInt(subgroup) };
    // Draft 14 has no default for it.
    const header = subgroupHeader({ ...place, endOfGroup, priority: 128 });
    return await SubgroupScript.open({ connection, draft: asStreamDraft(draft) }, header);
  }

  async end(): Promise<void> {
    this.#peer.say({
      kind: "publishDone",
      requestId: await this.#subscriber.promise,
      code: "track_ended",
      streamCount: this.#streams,
      reason: "",
    });
  }
}

/** A track that is watched. */
export class ControlStreamSubscription implements MatrixSubscription {
  readonly requestId: bigint;
  readonly events = new Queue<MatrixEvent>();
  readonly #leave: () => void;
  readonly #ended = Promise.withResolvers<void>();

  constructor(requestId: bigint, leave: () => void) {
    this.requestId = requestId;
    this.#leave = leave;
  }

  /** The track has ended. */
  end(): void {
    this.#ended.resolve();
  }

  next(): Promise<MatrixEvent | undefined> {
    return this.events.next();
  }

  ended(): Promise<void> {
    return this.#ended.promise;
  }

  stop(): Promise<void> {
    this.#leave();
    return Promise.resolve();
  }
}
