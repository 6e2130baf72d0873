/**
 * The least that a server can do to bring objects to many QUIC connections: a loop that writes them,
 * without a relay in between. Waits for so many connections as its argument says, then publishes.
 */
import { generateCertificate } from "../../relay/transport/mod.ts";
import { publishTraffic, type TimedObject, type Traffic } from "./traffic.ts";

/** One subscriber's connection. Written against Deno alone: no layer of ours is between. */
class Reader {
  readonly #connection: Deno.QuicConn;
  #writer: WritableStreamDefaultWriter<Uint8Array> | undefined;
  #opening: Promise<void> | undefined;
  // Deno ends a stream that nobody refers to.
  readonly #held: unknown[] = [];

  constructor(connection: Deno.QuicConn) {
    this.#connection = connection;
  }

  send(object: TimedObject): void {
    if (object.isFirst) this.#opening = this.#open();
    if (this.#opening === undefined) this.#write(object);
    else this.#opening.then(() => this.#write(object), ignore);
  }

  /** Has the streams that a session has which does nothing: two for control, and a request. */
  async idle(): Promise<void> {
    const wait = { waitUntilAvailable: true };
    const control = (await this.#connection.createUnidirectionalStream(wait)).getWriter();
    await control.write(new Uint8Array(16));
    const request = await this.#connection.createBidirectionalStream(wait);
    await request.writable.getWriter().write(new Uint8Array(16));
    const { value } = await this.#connection.incomingUnidirectionalStreams.getReader().read();
    this.#held.push(control, request);
    const reads = [request.readable, value!].map(async (stream) => {
      const reader = stream.getReader({ mode: "byob" });
      let bytes = new Uint8Array(1024);
      for (;;) {
        const part = await reader.read(bytes);
        if (part.done) return;
        bytes = new Uint8Array(part.value.buffer);
      }
    });
    await Promise.all(reads);
  }

  async #open(): Promise<void> {
    const stream = await this.#connection.createUnidirectionalStream({ waitUntilAvailable: true });
    this.#writer = stream.getWriter();
    this.#opening = undefined;
  }

  #write({ bytes, isLast }: TimedObject): void {
    const writer = this.#writer!;
    writer.write(bytes).then(undefined, ignore);
    if (isLast) writer.close().then(undefined, ignore);
  }
}

function ignore(): void {}

const { certificate, key, hash } = await generateCertificate(["127.0.0.1"]);
const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
const listener = endpoint.listen({
  cert: certificate,
  key,
  alpnProtocols: ["moqt-18"],
  keepAliveInterval: 4000,
  maxIdleTimeout: 10_000,
  maxConcurrentBidirectionalStreams: 512,
  maxConcurrentUnidirectionalStreams: 512,
});
const [connections, traffic]: [number, Traffic | null] = JSON.parse(Deno.args[0]!);
Deno.addSignalListener("SIGTERM", () => Deno.exit(0));
// deno-lint-ignore no-console
console.log(`ready on 127.0.0.1:${endpoint.addr.port}, certificate sha256 ${hash}`);

const readers: Reader[] = [];
while (readers.length < connections) {
  const reader = new Reader(await listener.accept());
  readers.push(reader);
  if (traffic === null) reader.idle().catch(ignore);
}
if (traffic !== null) {
  const send = (object: TimedObject) => {
    for (let at = object.track; at < readers.length; at += traffic.tracks) {
      readers[at]!.send(object);
    }
  };
  await publishTraffic(traffic, send, new AbortController().signal);
}
// Connections without traffic are held until the signal.
for (;;) readers.push(new Reader(await listener.accept()));
