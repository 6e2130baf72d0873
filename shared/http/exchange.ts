import type { IncomingMessage, ServerResponse } from "node:http";
import { hostOf } from "./hosts.ts";
import { EAGER_BODY_BYTES } from "./limits.ts";

/** Answers a request; `client` is the address that it came from. Must not reject. */
export type Handler = (request: Request, client: string) => Response | Promise<Response>;

// Methods that HTTP allows and a Request cannot have; no route uses them.
const FORBIDDEN_METHODS = new Set(["CONNECT", "TRACE", "TRACK"]);
const NO_METHOD = "OTHER";

// A fixed origin: nothing that a client sends decides it.
const ORIGIN = "http://localhost";

/** How a request is answered. */
export interface Answering {
  readonly handle: Handler;
  /** Counts the bytes of the answer, until the returned function is called. */
  readonly hold: (bytes: number) => () => void;
}

/** Passes a parsed request to the handler, and sends its answer. */
export async function exchange(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { handle, hold }: Answering,
): Promise<void> {
  const request = requestOf(incoming, await bodyOf(incoming));
  const response = request === undefined
    ? Response.json({ error: "This is not a valid request" }, { status: 400 })
    : await handle(request, incoming.socket.remoteAddress ?? "");
  if (outgoing.destroyed) return await response.body?.cancel();
  await send(response, outgoing, hold);
}

type Body = Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | undefined;

function requestOf(incoming: IncomingMessage, body: Body): Request | undefined {
  const { method: given = "GET", url = "" } = incoming;
  const method = FORBIDDEN_METHODS.has(given) ? NO_METHOD : given;
  const target = targetOf(url);
  if (target === undefined) return undefined;
  try {
    const pairs: [string, string][] = [];
    const raw = incoming.rawHeaders;
    for (let at = 0; at + 1 < raw.length; at += 2) pairs.push([raw[at]!, raw[at + 1]!]);
    const headers = new Headers(pairs);
    return namesHost(headers.get("host"))
      ? new Request(target, { method, headers, ...(body !== undefined && { body }) })
      : undefined;
  } catch {
    return undefined;
  }
}

// Most requests have the same Host as the one before, so the last result is cached.
let lastHost: string | null = null;

/** Whether a Host header names a host; it may be absent in HTTP/1.0. */
function namesHost(header: string | null): boolean {
  if (header === null || header === lastHost) return true;
  if (hostOf(header) === undefined) return false;
  lastHost = header;
  return true;
}

/** The path of a request line, which may be in the absolute form for proxies. */
function targetOf(url: string): string | undefined {
  const path = url.startsWith("/") ? url : /^https?:\/\/[^/?#]*(\/.*)?$/i.exec(url)?.[1] ?? "";
  const target = `${ORIGIN}${path}`;
  return path !== "" && URL.canParse(target) ? target : undefined;
}

/** The body of a request: a short one is read whole, which is much cheaper than a stream. */
function bodyOf(incoming: IncomingMessage): Body | Promise<Body> {
  const { method, headers } = incoming;
  if (method === "GET" || method === "HEAD") return undefined;
  const length = Number(headers["content-length"] ?? 0);
  if (headers["transfer-encoding"] === undefined) {
    if (length === 0) return undefined;
    if (length <= EAGER_BODY_BYTES) return wholeBody(incoming, length);
  }
  return streamedBody(incoming);
}

function wholeBody(incoming: IncomingMessage, length: number): Promise<Body> {
  const body = new Uint8Array(length);
  let at = 0;
  return new Promise((resolve) => {
    incoming.on("data", (piece: Uint8Array) => {
      body.set(piece, at);
      at += piece.length;
    });
    incoming.on("end", () => resolve(body));
    incoming.on("close", () => resolve(undefined));
  });
}

function streamedBody(incoming: IncomingMessage): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      incoming.on("data", (piece: Uint8Array) => {
        controller.enqueue(piece);
        incoming.pause();
      });
      incoming.on("end", () => controller.close());
      incoming.on("close", () => {
        if (!incoming.complete) controller.error(new Error("The connection ended"));
      });
      incoming.pause();
    },
    pull: () => void incoming.resume(),
    // The rest is not needed: the connection is closed after the answer instead of reading it.
    cancel: () => void incoming.removeAllListeners("data"),
  }, { highWaterMark: 0 });
}

async function send(
  response: Response,
  outgoing: ServerResponse,
  hold: Answering["hold"],
): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.setHeader(name, value);
  // An unread rest of the request is not read: the connection closes after the answer.
  if (!outgoing.req.complete) outgoing.setHeader("connection", "close");
  if (response.body === null) return void outgoing.end();
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    return await stream(response.body, outgoing);
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (outgoing.destroyed) return;
  outgoing.once("close", hold(bytes.length));
  outgoing.setHeader("content-length", bytes.length);
  outgoing.end(bytes);
}

/** Sends a stream at the pace of the client. */
async function stream(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const isGone = () => outgoing.destroyed || outgoing.writableEnded;
  outgoing.once("close", () => void reader.cancel().catch(() => {}));
  outgoing.flushHeaders();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    if (isGone()) return;
    if (!outgoing.write(read.value)) await drained(outgoing);
  }
  if (!isGone()) outgoing.end();
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      outgoing.off("drain", go);
      outgoing.off("close", go);
      resolve();
    };
    outgoing.on("drain", go);
    outgoing.on("close", go);
  });
}
