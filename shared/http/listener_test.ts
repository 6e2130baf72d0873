import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import type { ConnectionLimits } from "./connection_limiter.ts";
import type { Handler } from "./exchange.ts";
import { HEAD_TIMEOUT_MS, IDLE_TIMEOUT_MS, LOOK_MS, STALL_TIMEOUT_MS } from "./limits.ts";
import { listenHttp } from "./listener.ts";
import { type ConnectionDrop, HttpMetrics } from "./metrics.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

const hello: Handler = () => new Response("hello");
const HEAD = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/** A listener under a clock that stands still, and clients that speak bytes. */
function world(handle: Handler = hello, capacity?: ConnectionLimits) {
  const clock = new ManualClock();
  const metrics = new HttpMetrics();
  const { log } = memoryLog();
  const listener = listenHttp({
    hostname: "127.0.0.1",
    port: 0,
    handle,
    metrics,
    clock,
    log,
    ...(capacity && { capacity }),
  });
  const clients: Client[] = [];
  return {
    clock,
    metrics,
    listener,
    async connect(text = ""): Promise<Client> {
      const before = metrics.connections;
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: listener.port });
      const client = new Client(conn);
      clients.push(client);
      await client.send(text);
      if (before === metrics.connections) await turns();
      return client;
    },
    /** Waits until so many were dropped for this reason; time goes on meanwhile. */
    async dropped(reason: ConnectionDrop, count: number): Promise<void> {
      while (metrics.drops[reason] < count) {
        await turns();
        await clock.advance(LOOK_MS);
      }
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await listener.close(0);
    },
  };
}

/** Lets the system deliver what is under way. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await sleep(systemClock, 1);
}

class Client {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  #isClosed = false;

  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  async send(text: string): Promise<void> {
    await this.#conn.write(new TextEncoder().encode(text));
  }

  /** The next piece; nothing at the end. */
  async read(): Promise<string> {
    const piece = new Uint8Array(65_536);
    const count = await this.#conn.read(piece).catch(() => null);
    return count === null ? "" : this.#decoder.decode(piece.subarray(0, count), { stream: true });
  }

  async until(text: string): Promise<string> {
    let seen = "";
    while (!seen.includes(text)) {
      const piece = await this.read();
      assert.notEqual(piece, "", `it ended after ${seen}`);
      seen += piece;
    }
    return seen;
  }

  close(): void {
    if (!this.#isClosed) this.#conn.close();
    this.#isClosed = true;
  }
}

Deno.test("half a head is cut off when its time is over, and others are answered meanwhile", async () => {
  await using subject = world();
  const half = await subject.connect("GET / HTTP/1.1\r\nHost: a\r\n");
  const silent = await subject.connect();
  const other = await subject.connect(HEAD);
  await other.until("hello");
  await subject.dropped("head_timeout", 1);
  assert.equal(await half.read(), "");
  await other.send(HEAD);
  await other.until("hello");
  assert.equal(subject.metrics.drops.idle, 0, "nobody waited that long");
  assert.ok(subject.clock.now() <= HEAD_TIMEOUT_MS + 10 * LOOK_MS);
  await subject.dropped("idle", 1);
  assert.equal(await silent.read(), "");
});

Deno.test("a head that drips in byte by byte is cut off all the same", async () => {
  await using subject = world();
  const slow = await subject.connect("GET / HTTP/1.1\r\nX: ");
  for (let at = 0; at < 12 && subject.metrics.drops.head_timeout === 0; at++) {
    await subject.clock.advance(LOOK_MS);
    await slow.send("x").catch(() => {});
    await turns();
  }
  await subject.dropped("head_timeout", 1);
});

Deno.test("a connection between two requests lives on, until nothing was asked for long", async () => {
  await using subject = world();
  const client = await subject.connect(HEAD);
  await client.until("hello");
  await turns();
  await subject.clock.advance(IDLE_TIMEOUT_MS - 5 * LOOK_MS);
  await client.send(HEAD);
  await client.until("hello");
  await subject.dropped("idle", 1);
  assert.equal(await client.read(), "");
});

Deno.test("a client that takes nothing of a stream is ended, one that reads goes on", async () => {
  const page = new TextEncoder().encode(`data: ${"x".repeat(60_000)}\n\n`);
  let canceled = 0;
  await using subject = world(() =>
    new Response(
      new ReadableStream({
        async pull(controller) {
          await sleep(systemClock, 0);
          controller.enqueue(page);
        },
        cancel: () => void canceled++,
      }, { highWaterMark: 0 }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  await subject.connect(HEAD);
  const reader = await subject.connect(HEAD);
  let isOver = false;
  const reading = (async () => {
    while (!isOver && await reader.read() !== "");
    assert.ok(isOver, "the one that reads was ended");
  })();
  while (subject.metrics.drops.stalled === 0) {
    await sleep(systemClock, 20);
    await subject.clock.advance(LOOK_MS);
  }
  assert.ok(subject.clock.now() > STALL_TIMEOUT_MS);
  await turns();
  assert.deepEqual([subject.metrics.drops.stalled, canceled], [1, 1]);
  isOver = true;
  reader.close();
  await reading;
});

Deno.test("a client that asks for much before it reads has one answer made at a time", async () => {
  const size = 1_000_000;
  let made = 0;
  await using subject = world((request) => new Response(`${++made}${request.url}`.padEnd(size)));
  const client = await subject.connect(HEAD.repeat(100));
  // What the system takes is sent meanwhile.
  let before = 0;
  do {
    before = made;
    for (let turn = 0; turn < 20; turn++) await turns();
  } while (made > before);
  assert.ok(made < 50, `${made} answers`);
  let bytes = 0;
  while (bytes < 100 * size) bytes += (await client.read()).length;
  assert.equal(made, 100);
});

Deno.test("answers that nobody asks for any more are not made", async () => {
  let made = 0;
  const first = Promise.withResolvers<Response>();
  await using subject = world(() => made++ === 0 ? first.promise : new Response("hello"));
  const client = await subject.connect(HEAD.repeat(100));
  while (made < 1) await turns();
  client.close();
  while (subject.metrics.connections > 0) await turns();
  first.resolve(new Response("late"));
  await turns();
  assert.equal(made, 1);
});

Deno.test("slow readers hold so many bytes together and no more, and others are answered", async () => {
  // More than the system takes of one connection.
  const size = 20_000_000;
  const unsentBytes = 3 * size + 1_000;
  await using subject = world(
    ({ url }) => new Response(url.endsWith("/") ? "hello" : "x".repeat(size)),
    { connections: 100, perAddress: 100, unsentBytes },
  );
  for (let at = 0; at < 5; at++) await subject.connect(HEAD.replace("/", "/large"));
  while (subject.metrics.drops.unsent < 2) await turns();
  await (await subject.connect(HEAD)).until("hello");
  await turns();
  assert.equal(subject.metrics.drops.unsent, 2);
});

Deno.test("when there are as many connections as there may be, the one that stood still longest goes", async () => {
  await using subject = world(hello, { connections: 3, perAddress: 10 });
  const first = await subject.connect("GET");
  await turns();
  await subject.clock.advance(10);
  await subject.connect();
  await subject.connect();
  const fourth = await subject.connect(HEAD);
  await fourth.until("hello");
  assert.equal(await first.read(), "");
  assert.equal(subject.metrics.drops.full, 1);
});

Deno.test("one address gets so many connections and no more", async () => {
  await using subject = world(hello, { connections: 10, perAddress: 2 });
  const one = await subject.connect();
  await subject.connect();
  const third = await subject.connect(HEAD);
  assert.equal(await third.read(), "");
  assert.equal(subject.metrics.drops.address_full, 1);
  one.close();
  while (subject.metrics.connections > 1) await turns();
  const fourth = await subject.connect(HEAD);
  await fourth.until("hello");
});

Deno.test("what a client says about the host never becomes a part of the URL", async () => {
  const urls: string[] = [];
  await using subject = world((request) => {
    urls.push(`${request.url} ${request.headers.get("host")}`);
    return new Response("hello");
  });
  for (const head of ["Host: b.example:80", "Host: [::1]", "X: no host"]) {
    const client = await subject.connect(`POST /health HTTP/1.1\r\n${head}\r\n\r\n`);
    await client.until("hello");
  }
  for (const line of ["POST http://b/x?y HTTP/1.1", "POST //c/d HTTP/1.1"]) {
    const client = await subject.connect(`${line}\r\nHost: a\r\n\r\n`);
    await client.until("hello");
  }
  assert.deepEqual(urls, [
    "http://localhost/health b.example:80",
    "http://localhost/health [::1]",
    "http://localhost/health null",
    "http://localhost/x?y a",
    "http://localhost//c/d a",
  ]);
});

Deno.test("a Host header that names no host, or two, is refused with 400", async () => {
  await using subject = world(() => assert.fail("nobody is asked"));
  for (const host of ["a/relay/tokyo/drain#", "a b", "", "a:99999", "u@a", "a\r\nHost: b"]) {
    const client = await subject.connect(`POST /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    await client.until("400 Bad Request");
  }
});

Deno.test("what is not HTTP is refused with 400, and a head that is too long with 431", async () => {
  await using subject = world();
  const noise = await subject.connect("\x16\x03\x01 hello there\r\n\r\n");
  await noise.until("400 Bad Request");
  assert.equal(await noise.read(), "");
  const method = await subject.connect("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n");
  await method.until("400 Bad Request");
  const long = await subject.connect(
    `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(40_000)}\r\n\r\n`,
  );
  await long.until("431 Request Header Fields Too Large");
  assert.equal(subject.metrics.drops.malformed, 3);
});

Deno.test("a client that goes without having read its answer sent nothing malformed", async () => {
  await using subject = world(() =>
    new Response(new ReadableStream({ start: (stream) => stream.enqueue(new Uint8Array(9)) }), {
      headers: { "content-type": "text/event-stream" },
    })
  );
  const client = await subject.connect(HEAD);
  for (let turn = 0; turn < 5; turn++) await turns();
  // Bytes that were not read make the system reset the connection.
  client.close();
  while (subject.metrics.connections > 0) await turns();
  assert.equal(subject.metrics.drops.malformed, 0);
});

Deno.test("a method that nothing here may have reaches the handler as one that nobody answers", async () => {
  await using subject = world((request) => new Response(`it is ${request.method}`));
  const client = await subject.connect("TRACE / HTTP/1.1\r\nHost: a\r\n\r\n");
  await client.until("it is OTHER");
});

Deno.test("a body arrives whole: short, long, in pieces, and not at all when nobody reads it", async () => {
  const lengths: number[] = [];
  await using subject = world(async (request) => {
    if (request.url.endsWith("/ignore")) return new Response("ignored");
    lengths.push((await request.bytes()).length);
    return new Response("hello");
  });
  const client = await subject.connect();
  for (const length of [0, 1, 8192, 8193, 300_000]) {
    await client.send(
      `PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n${"x".repeat(length)}`,
    );
    await client.until("hello");
  }
  await client.send("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  await client.send("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n");
  await client.until("hello");
  assert.deepEqual(lengths, [0, 1, 8192, 8193, 300_000, 5]);
  await client.send("PUT /ignore HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxx");
  assert.match(await client.until("ignored"), /connection: close/i);
  assert.equal(await client.read(), "", "nobody waits for the rest");
});

Deno.test("a short body that does not come is cut off like a head that does not", async () => {
  await using subject = world();
  const client = await subject.connect("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nxx");
  await subject.dropped("head_timeout", 1);
  assert.equal(await client.read(), "");
});

Deno.test("a listener that closes lets a request end that runs, and cuts it off at the deadline", async () => {
  for (const deadline of [10_000, 0]) {
    const go = Promise.withResolvers<void>();
    const subject = world(async () => {
      await go.promise;
      return new Response("hello");
    });
    const client = await subject.connect(HEAD);
    const idle = await subject.connect();
    await turns();
    const closing = subject.listener.close(deadline);
    assert.equal(await idle.read(), "");
    if (deadline === 0) await subject.clock.advance(1);
    go.resolve();
    if (deadline > 0) await client.until("hello");
    assert.equal(await client.read(), "");
    await closing;
    client.close();
    idle.close();
  }
});
