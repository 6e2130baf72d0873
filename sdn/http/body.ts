import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";

const decoder = new TextDecoder("utf-8", { fatal: true });
const NOTHING = new Uint8Array();

// Nearly every body arrives together with its head and is read within this many turns of the event
// loop; only slower ones get a timer.
const PROMPT_TURNS = 4;

/** Calls `act` when the time limit is over; the returned function cancels it. */
export type Deadline = (act: () => void) => () => void;

/** Limits for reading a body. */
export interface BodyBounds {
  /** The maximum size in bytes. */
  readonly limit: number;
  readonly deadline: Deadline;
  /** Reserves memory before bytes are kept; false when the budget is used up. */
  readonly take: (bytes: number) => boolean;
}

/** Reads a request's body. Refuses one that is too long, too slow, or shorter than announced. */
export function readBytes(
  request: Request,
  bounds: BodyBounds,
): Promise<Outcome<Uint8Array, Refusal>> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > bounds.limit) return Promise.resolve(tooLarge(bounds.limit));
  if (announced > 0 && !bounds.take(announced)) return Promise.resolve(noRoom());
  // A body with a Content-Length is read in one call, at a tenth of the cost of reading chunks.
  return announced > 0 ? readWhole(request, bounds) : readPieces(request, bounds);
}

/**
 * Parses bytes as JSON, whatever the media type; `undefined` when they are empty. Refuses invalid
 * UTF-8, invalid JSON, and keys that an object cannot hold as data.
 */
export function parseJson(bytes: Uint8Array): Outcome<unknown, Refusal> {
  if (bytes.length === 0) return done(undefined);
  try {
    const text = decoder.decode(bytes);
    // An object cannot hold the key `__proto__` as data; it would be lost silently.
    if (text.includes("__proto__")) JSON.parse(text, refuseProto);
    return done(JSON.parse(text));
  } catch (error) {
    return bad(`invalid JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

async function readWhole(
  request: Request,
  { deadline }: BodyBounds,
): Promise<Outcome<Uint8Array, Refusal>> {
  let read: Outcome<Uint8Array, Refusal> | undefined;
  const reading = request.bytes()
    .then((bytes) => read = done(bytes), () => read = bad("The body ended early"));
  for (let turn = 0; turn < PROMPT_TURNS; turn++) {
    if (read !== undefined) return read;
    await undefined;
  }
  const late = Promise.withResolvers<Outcome<Uint8Array, Refusal>>();
  const callOff = deadline(() => late.resolve(bad("The body took too long")));
  const outcome = await Promise.race([reading, late.promise]);
  callOff();
  return outcome;
}

async function readPieces(
  request: Request,
  { limit, deadline, take }: BodyBounds,
): Promise<Outcome<Uint8Array, Refusal>> {
  if (request.body === null) return done(NOTHING);
  const chunks: Uint8Array[] = [];
  let length = 0;
  let isLate = false;
  const reader = request.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  const callOff = deadline(() => {
    isLate = true;
    cancel();
  });
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > limit) {
        cancel();
        return tooLarge(limit);
      }
      if (!take(read.value.length)) {
        cancel();
        return noRoom();
      }
      chunks.push(read.value);
    }
  } catch {
    return bad("The body ended early");
  } finally {
    callOff();
  }
  return isLate ? bad("The body took too long") : done(join(chunks, length));
}

function join(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function refuseProto(key: string, value: unknown): unknown {
  if (key === "__proto__") throw new Error("the key __proto__ is not allowed");
  return value;
}

function tooLarge(limit: number) {
  return refused(refusal("too_large", `The body is longer than ${limit} bytes`));
}

function noRoom() {
  return refused(refusal("rate_limited", "Too much is being sent at once; try again"));
}

function bad(message: string) {
  return refused(refusal("bad_request", message));
}
