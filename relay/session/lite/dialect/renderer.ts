import {
  decodeTimestamp,
  encodeDatagramRest,
  EncodeError,
  FrameWriter,
  type LiteVersion,
  MAX_TIMESTAMP,
  ObjectStatus,
  plainProperties,
  type PropertyBlock,
  type PropertyForm,
  rfc9000,
  timedProperties,
  TIMESTAMP,
} from "@qumo/shared/wire";
import type {
  DatagramFields,
  ObjectHead,
  Renderer,
  SubgroupFields,
  SubgroupRenderer,
} from "../../../track/mod.ts";
import { DEFAULT_TIMESCALE } from "./track_info.ts";

type FrameForm = LiteVersion["frames"];

/**
 * The renderer of a version's frames; the same object for each call, and for all versions whose frames
 * are the same, since it is used as a key.
 */
export function liteRenderer({ frames }: Pick<LiteVersion, "frames">): Renderer {
  const known = RENDERERS.get(frames) ?? new LiteRenderer(frames);
  RENDERERS.set(frames, known);
  return known;
}

const RENDERERS = new WeakMap<FrameForm, Renderer>();

/**
 * Renders objects as the frames of moq-lite. The header of a group is not part of it: a subscription's
 * id is its subscriber's, and everything behind it is the same for all.
 */
class LiteRenderer implements Renderer {
  readonly properties: PropertyForm;
  readonly hasWholeGroups = true;
  // The property that frames can say.
  readonly #said: bigint | undefined;
  readonly #frames: FrameForm;

  constructor(frames: FrameForm) {
    this.#frames = frames;
    this.#said = frames.hasTimestamps ? TIMESTAMP : undefined;
    this.properties = frames.hasTimestamps ? timedProperties : plainProperties;
  }

  /** A group's frames have no properties but timestamps, if these. */
  lacks(block: PropertyBlock): boolean {
    if (block.form === this.properties || block.bytes.length === 0) return false;
    return block.form.read(block.bytes).some(({ type }) => type !== this.#said);
  }

  get name(): string {
    return this.#frames.name;
  }

  subgroup(_track: bigint, fields: SubgroupFields): SubgroupRenderer {
    if (fields.subgroup !== 0n) throw new EncodeError("Cannot encode a second stream of a group");
    if (fields.group > rfc9000.max) throw new EncodeError(`Cannot encode group ${fields.group}`);
    return new LiteGroupRenderer(this.#frames, fields);
  }

  /**
   * A datagram without its subscription's id, in which those for two subscribers differ. It is a group
   * of one frame, and what is more or less than that has no datagram here.
   */
  datagram(_track: bigint, object: DatagramFields): Uint8Array {
    const timestamp = decodeTimestamp(this.properties.of(object.properties));
    const isGroup = object.object === 0 && object.endOfGroup && !isMark(object);
    if (!this.#frames.hasTimestamps || timestamp === undefined || !isGroup) {
      throw new EncodeError("Cannot encode what is no group of one frame as a datagram");
    }
    return encodeDatagramRest({ group: object.group, timestamp, payload: object.payload });
  }
}

class LiteGroupRenderer implements SubgroupRenderer {
  readonly preamble = new Uint8Array();
  readonly #writer: FrameWriter;
  readonly #timescale: bigint;
  #isFirst = true;

  constructor(frames: FrameForm, { timescale }: SubgroupFields) {
    this.#writer = new FrameWriter(frames);
    this.#timescale = timescale ?? DEFAULT_TIMESCALE;
  }

  sizeOf(head: ObjectHead): number {
    if (isMark(head)) return 0;
    return this.#writer.sizeOf(this.#timestampOf(head), head.payloadLength);
  }

  write(into: Uint8Array, at: number, head: ObjectHead): number {
    if (isMark(head)) return -1;
    this.#writer.write(into, at, this.#timestampOf(head), head.payloadLength);
    this.#isFirst = false;
    return -1;
  }

  /**
   * When the object is to be presented. One without a timestamp has that of the frame before it, and
   * the first of a group the time at which it came (draft-lcurley-moq-timestamp).
   */
  #timestampOf({ properties, time }: ObjectHead): bigint {
    const said = decodeTimestamp(properties);
    if (said !== undefined) return said;
    if (!this.#isFirst) return this.#writer.timestamp;
    const arrival = BigInt(Math.round(time)) * this.#timescale / 1_000n;
    return arrival > MAX_TIMESTAMP ? MAX_TIMESTAMP : arrival;
  }
}

/** An object that only marks an end is no frame: the end of the stream says it. */
function isMark({ status }: Pick<ObjectHead, "status">): boolean {
  return status !== ObjectStatus.NORMAL;
}
