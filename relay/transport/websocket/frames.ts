/** WebSocket frames (RFC 6455, section 5). */
import { FIRST_BUFFER, MAX_CONTROL_SIZE, MAX_MESSAGE_SIZE } from "./limits.ts";

export const Opcode = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

const FIN = 0x80;
const RESERVED = 0x70;
const OPCODE = 0x0f;
const MASK = 0x80;
const LENGTH = 0x7f;
const MASK_SIZE = 4;
const FIRST_CONTROL = 0x8;

/** What a {@linkcode FrameParser} finds. The bytes are valid during the call only. */
export interface FrameEvents {
  onMessage(message: Uint8Array): void;
  onControl(opcode: number, payload: Uint8Array): void;
}

/** A peer breaks RFC 6455, or sends a text or too large a message. */
export class WebSocketViolation extends Error {
  override readonly name = "WebSocketViolation";
}

/** A frame whose payload has not come whole. */
interface Partial {
  readonly opcode: number;
  readonly fin: boolean;
  readonly length: number;
  readonly mask: Uint8Array | undefined;
  got: number;
}

/** Takes a byte stream apart into messages. Unmasks in place. */
export class FrameParser {
  readonly #isMasked: boolean;
  readonly #events: FrameEvents;
  // The beginning of a header whose rest has not come.
  #head: Uint8Array = new Uint8Array();
  #frame: Partial | undefined;
  #control = new Uint8Array();
  #message = new Uint8Array();
  #messageLength = 0;
  // Whether frames of a message have come, and not its last.
  #isFragmented = false;

  /** `isMasked` is whether the peer is a client. */
  constructor(isMasked: boolean, events: FrameEvents) {
    this.#isMasked = isMasked;
    this.#events = events;
  }

  /** The next bytes. Throws a {@linkcode WebSocketViolation}; nothing may be pushed afterwards. */
  push(chunk: Uint8Array): void {
    let bytes = chunk;
    if (this.#head.length > 0) {
      bytes = new Uint8Array(this.#head.length + chunk.length);
      bytes.set(this.#head);
      bytes.set(chunk, this.#head.length);
      this.#head = new Uint8Array();
    }
    for (let at = 0;;) {
      if (this.#frame === undefined) {
        const size = headerSize(bytes, at);
        if (size === undefined || at + size > bytes.length) {
          this.#head = bytes.slice(at);
          return;
        }
        this.#frame = this.#header(bytes, at, size);
        at += size;
      }
      const frame = this.#frame;
      const end = Math.min(bytes.length, at + frame.length - frame.got);
      this.#payload(frame, bytes.subarray(at, end));
      at = end;
      if (frame.got < frame.length) return;
      this.#frame = undefined;
    }
  }

  #header(bytes: Uint8Array, at: number, size: number): Partial {
    const first = bytes[at]!;
    const opcode = first & OPCODE;
    const fin = (first & FIN) !== 0;
    const isMasked = (bytes[at + 1]! & MASK) !== 0;
    const length = lengthOf(bytes, at);
    if ((first & RESERVED) !== 0) throw new WebSocketViolation("a frame uses a reserved bit");
    if (isMasked !== this.#isMasked) throw new WebSocketViolation("a frame is masked wrongly");
    if (opcode >= FIRST_CONTROL) checkControl(opcode, fin, length);
    else this.#checkData(opcode, length);
    const mask = isMasked ? bytes.slice(at + size - MASK_SIZE, at + size) : undefined;
    return { opcode, fin, length, mask, got: 0 };
  }

  #checkData(opcode: number, length: number): void {
    if (opcode === Opcode.text) throw new WebSocketViolation("a text message");
    if (opcode !== Opcode.binary && opcode !== Opcode.continuation) {
      throw new WebSocketViolation(`unknown frame type ${opcode}`);
    }
    if ((opcode === Opcode.continuation) !== this.#isFragmented) {
      throw new WebSocketViolation("the fragments of messages are mixed up");
    }
    if (this.#messageLength + length > MAX_MESSAGE_SIZE) {
      throw new WebSocketViolation(`a message of more than ${MAX_MESSAGE_SIZE} bytes`);
    }
  }

  #payload(frame: Partial, piece: Uint8Array): void {
    if (frame.mask !== undefined) unmask(piece, frame.mask, frame.got);
    const isWhole = piece.length === frame.length;
    frame.got += piece.length;
    if (frame.opcode >= FIRST_CONTROL) return this.#controlPiece(frame, piece, isWhole);
    if (isWhole && frame.fin && !this.#isFragmented) return this.#events.onMessage(piece);
    this.#append(piece);
    if (frame.got < frame.length) return;
    this.#isFragmented = !frame.fin;
    if (!frame.fin) return;
    const message = this.#message.subarray(0, this.#messageLength);
    // A connection between two messages holds none.
    this.#message = new Uint8Array();
    this.#messageLength = 0;
    this.#events.onMessage(message);
  }

  #controlPiece(frame: Partial, piece: Uint8Array, isWhole: boolean): void {
    if (isWhole) return this.#events.onControl(frame.opcode, piece);
    if (this.#control.length === 0) this.#control = new Uint8Array(frame.length);
    this.#control.set(piece, frame.got - piece.length);
    if (frame.got < frame.length) return;
    const payload = this.#control;
    this.#control = new Uint8Array();
    this.#events.onControl(frame.opcode, payload);
  }

  #append(piece: Uint8Array): void {
    const length = this.#messageLength + piece.length;
    if (length > this.#message.length) {
      const larger = new Uint8Array(Math.max(FIRST_BUFFER, 2 * length));
      larger.set(this.#message.subarray(0, this.#messageLength));
      this.#message = larger;
    }
    this.#message.set(piece, this.#messageLength);
    this.#messageLength = length;
  }
}

/** The size of a frame's header with this payload length. */
export function frameHeaderSize(length: number, isMasked: boolean): number {
  return 2 + (length < 126 ? 0 : length < 65_536 ? 2 : 8) + (isMasked ? MASK_SIZE : 0);
}

/** Writes the header of a whole message or a control frame; returns the offset behind it. */
export function writeFrameHeader(
  bytes: Uint8Array,
  at: number,
  { opcode, length, mask }: {
    readonly opcode: number;
    readonly length: number;
    readonly mask?: Uint8Array | undefined;
  },
): number {
  const masked = mask === undefined ? 0 : MASK;
  bytes[at] = FIN | opcode;
  let next = at + 2;
  if (length < 126) {
    bytes[at + 1] = masked | length;
  } else {
    bytes[at + 1] = masked | 126;
    bytes[next++] = length >> 8;
    bytes[next++] = length;
  }
  if (mask === undefined) return next;
  bytes.set(mask, next);
  return next + MASK_SIZE;
}

/** Applies a mask to payload bytes, of which the first is the frame's byte `from`. */
export function unmask(payload: Uint8Array, mask: Uint8Array, from = 0): void {
  for (let at = 0; at < payload.length; at++) payload[at]! ^= mask[(from + at) & 3]!;
}

/** The size of the header at an offset; undefined when its first two bytes have not come. */
function headerSize(bytes: Uint8Array, at: number): number | undefined {
  const second = bytes[at + 1];
  if (second === undefined) return undefined;
  const length = second & LENGTH;
  const extra = length < 126 ? 0 : length === 126 ? 2 : 8;
  return 2 + extra + ((second & MASK) !== 0 ? MASK_SIZE : 0);
}

/** The payload's length, of a header that is whole. */
function lengthOf(bytes: Uint8Array, at: number): number {
  const short = bytes[at + 1]! & LENGTH;
  if (short < 126) return short;
  const size = short === 126 ? 2 : 8;
  let length = 0;
  for (let index = 0; index < size; index++) length = length * 256 + bytes[at + 2 + index]!;
  return length;
}

function checkControl(opcode: number, fin: boolean, length: number): void {
  if (opcode > Opcode.pong) throw new WebSocketViolation(`unknown frame type ${opcode}`);
  if (!fin || length > MAX_CONTROL_SIZE) {
    throw new WebSocketViolation("a control frame that is too long or in parts");
  }
}
