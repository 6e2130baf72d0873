/** Capsules (RFC 9297, section 3.2) of a WebTransport session. */
import { MAX_CLOSE_REASON } from "../limits.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import type { FrameGuard } from "./frame_guard.ts";

import { concat, decodeVarint, encodeVarint } from "./varint.ts";

const CLOSE_SESSION = 0x2843n;
const DRAIN_SESSION = 0x78aen;

/** A capsule of interest; others are skipped. */
export type Capsule =
  | { readonly kind: "close"; readonly code: number; readonly reason: string }
  | { readonly kind: "drain" };

/** Encodes CLOSE_WEBTRANSPORT_SESSION; a reason above 1024 bytes is cut at a character. */
export function encodeClose(code: number, reason: string): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(4 + MAX_CLOSE_REASON);
  new DataView(payload.buffer).setUint32(0, code);
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(4));
  return encodeCapsule(CLOSE_SESSION, payload.subarray(0, 4 + written));
}

/** Encodes DRAIN_WEBTRANSPORT_SESSION. */
export function encodeDrain(): Uint8Array<ArrayBuffer> {
  return encodeCapsule(DRAIN_SESSION, new Uint8Array());
}

/** Parses capsules from bytes that arrive in chunks of any size. */
export class CapsuleParser {
  readonly #guard: FrameGuard;
  /** The incomplete header or payload of a known capsule. */
  #pending: Uint8Array<ArrayBuffer> = new Uint8Array();
  /** Remaining bytes of an unknown capsule to skip. */
  #skip = 0n;

  constructor(guard: FrameGuard) {
    this.#guard = guard;
  }

  /** The capsules completed by these bytes. Throws an {@linkcode Http3Error} for malformed ones. */
  push(bytes: Uint8Array): Capsule[] {
    const capsules: Capsule[] = [];
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#skip > 0n) {
        const dropped = this.#skip < rest.length ? Number(this.#skip) : rest.length;
        this.#skip -= BigInt(dropped);
        rest = rest.subarray(dropped);
        continue;
      }
      // Copy at most the size of the largest known capsule, so that copying stays linear in the
      // input.
      const taken = Math.min(rest.length, MAX_CAPSULE_SIZE - this.#pending.length);
      const known = concat(this.#pending, rest.subarray(0, taken));
      const header = decodeHeader(known);
      const end = header && (KNOWN.has(header.type) ? header.start + header.length : header.start);
      if (header === undefined || end === undefined || end > known.length) {
        this.#pending = known;
        return capsules;
      }
      this.#guard.count();
      if (KNOWN.has(header.type)) {
        capsules.push(decode(header.type, known.subarray(header.start, end)));
      } else this.#skip = header.fullLength;
      rest = rest.subarray(end - this.#pending.length);
      this.#pending = new Uint8Array();
    }
    return capsules;
  }
}

const KNOWN: ReadonlySet<bigint> = new Set([CLOSE_SESSION, DRAIN_SESSION]);
const MAX_HEADER_SIZE = 16;
const MAX_PAYLOAD_SIZE = 4 + MAX_CLOSE_REASON;
const MAX_CAPSULE_SIZE = MAX_HEADER_SIZE + MAX_PAYLOAD_SIZE;

function encodeCapsule(type: bigint, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat(encodeVarint(type), encodeVarint(BigInt(payload.length)), payload);
}

/** The type, length and payload offset; undefined while the header is incomplete. */
function decodeHeader(bytes: Uint8Array) {
  const type = decodeVarint(bytes);
  const length = type && decodeVarint(bytes, type.end);
  if (type === undefined || length === undefined) return undefined;
  if (KNOWN.has(type.value) && length.value > MAX_PAYLOAD_SIZE) throw malformed();
  return {
    type: type.value,
    fullLength: length.value,
    length: Number(length.value),
    start: length.end,
  };
}

function decode(type: bigint, payload: Uint8Array): Capsule {
  if (type === DRAIN_SESSION) return { kind: "drain" };
  if (payload.length < 4) throw malformed();
  const code = new DataView(payload.buffer, payload.byteOffset).getUint32(0);
  return { kind: "close", code, reason: new TextDecoder().decode(payload.subarray(4)) };
}

function malformed(): Http3Error {
  return new Http3Error(
    Http3Code.messageError,
    "A capsule of the session has an impossible length",
  );
}
