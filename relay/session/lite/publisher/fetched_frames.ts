import {
  DecodeError,
  EncodeError,
  type LiteFetch,
  type Location,
  ObjectStatus,
} from "@qumo/shared/wire";
import { type Renderer, type SubgroupRenderer, takeMemory } from "../../../track/mod.ts";
import type { FetchItem, FetchOutput, Unsaid } from "../../fetch_output.ts";

/** The frames of one group as the answer to a fetch: all of them, or what was sent was nothing. */
export class FetchedFrames implements FetchOutput {
  readonly #renderer: Renderer;
  readonly #group: bigint;
  // In place of the timestamp of an object that has none.
  readonly #now: () => number;
  readonly #writer: SubgroupRenderer;
  #next: number;
  #isIncomplete = false;
  readonly #isFromStart: boolean;

  constructor(renderer: Renderer, { group, startFrame }: LiteFetch, now: () => number) {
    this.#renderer = renderer;
    this.#now = now;
    this.#group = group;
    this.#next = Number(startFrame);
    this.#isFromStart = startFrame === 0n;
    this.#writer = renderer.subgroup(0n, {
      group,
      subgroup: 0n,
      priority: undefined,
      hasProperties: true,
      endOfGroup: true,
      firstObject: true,
    });
  }

  hasPassed({ group, object }: Location): boolean {
    return group < this.#group || group === this.#group && object < BigInt(this.#next);
  }

  noteUnknown(): void {
    this.#isIncomplete = true;
  }

  object({ object: id, properties: block, payloadLength }: FetchItem): Uint8Array | Unsaid {
    // Frames have no numbers, so that none may be missing but those that the group does not have. Behind
    // a first frame such a gap would give the others numbers that they have nowhere else.
    const isGap = id !== this.#next;
    if (this.#isIncomplete || isGap && !this.#isFromStart) return "unknown";
    try {
      const properties = this.#renderer.properties.of(block);
      const previous = id - 1;
      const status = ObjectStatus.NORMAL;
      const head = { id, previous, status, properties, payloadLength, time: this.#now() };
      const bytes = takeMemory(this.#writer.sizeOf(head));
      this.#writer.write(bytes, 0, head);
      this.#next = id + 1;
      return bytes;
    } catch (error) {
      if (error instanceof EncodeError || error instanceof DecodeError) return "unknown";
      throw error;
    }
  }

  end(): Uint8Array | Unsaid {
    return this.#isIncomplete ? "unknown" : NOTHING;
  }
}

const NOTHING = new Uint8Array();
