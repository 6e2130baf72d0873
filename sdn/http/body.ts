import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";

const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a request's body as JSON, whatever its media type says; `undefined` when it is empty.
 * Refuses what is longer than `limit` bytes, not UTF-8, not JSON, or would not survive in an object.
 */
export async function readJson(
  request: Request,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Outcome<unknown, Refusal>> {
  const announced = Number(request.headers.get("content-length") ?? 0);
  if (announced > limit) return tooLarge(limit);
  // What says its length is read whole, which costs a tenth of reading it piece by piece.
  const bytes = announced > 0
    ? await readWhole(request, signal)
    : await readPieces(request, { limit, signal });
  if (!bytes.ok) return bytes;
  if (bytes.value.length === 0) return done(undefined);
  try {
    const text = decoder.decode(bytes.value);
    // An object cannot hold this key as data, so that it would be lost without a word.
    if (text.includes("__proto__")) JSON.parse(text, refuseProto);
    return done(JSON.parse(text));
  } catch (error) {
    return bad(`invalid JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

async function readWhole(
  request: Request,
  signal: AbortSignal,
): Promise<Outcome<Uint8Array, Refusal>> {
  const late = Promise.withResolvers<undefined>();
  const giveUp = () => late.resolve(undefined);
  signal.addEventListener("abort", giveUp);
  try {
    const bytes = await Promise.race([request.bytes(), late.promise]);
    return bytes === undefined ? bad("The body took too long") : done(bytes);
  } catch {
    return bad("The body ended early");
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function readPieces(
  request: Request,
  { limit, signal }: { limit: number; signal: AbortSignal },
): Promise<Outcome<Uint8Array, Refusal>> {
  if (request.body === null) return done(new Uint8Array());
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  const cancel = () => void reader.cancel().catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      length += read.value.length;
      if (length > limit) {
        cancel();
        return tooLarge(limit);
      }
      chunks.push(read.value);
    }
  } catch {
    return bad("The body ended early");
  } finally {
    signal.removeEventListener("abort", cancel);
  }
  return signal.aborted ? bad("The body took too long") : done(join(chunks, length));
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

function bad(message: string) {
  return refused(refusal("bad_request", message));
}
