/**
 * HTTP/1.1 clients that cost next to nothing: requests written as bytes onto connections that are
 * kept, one at a time on each. `fetch` would be the bottleneck long before the controller is.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder("latin1");
const BUFFER_BYTES = 16 * 1024;

/** What came of a load. */
export interface LoadResult {
  readonly count: number;
  readonly seconds: number;
  /** Milliseconds from a request to its answer, ascending. */
  readonly latencies: readonly number[];
}

/** Writes a request down. */
export function putRequest(path: string, body: object): Uint8Array {
  const text = JSON.stringify(body);
  return encoder.encode(
    `PUT ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n` +
      `content-length: ${encoder.encode(text).length}\r\n\r\n${text}`,
  );
}

/**
 * Sends requests for so many seconds over so many connections, the one that `next` gives for each
 * number. Rejects at the first answer that is not 200.
 */
export async function load(
  url: string,
  { clients, seconds, next }: {
    readonly clients: number;
    readonly seconds: number;
    readonly next: (number: number) => Uint8Array;
  },
): Promise<LoadResult> {
  const latencies: number[] = [];
  const began = performance.now();
  const client = async () => {
    using connection = await HttpConnection.open(url);
    while (performance.now() - began < seconds * 1000) {
      const sent = performance.now();
      // Counted before it is answered, so that no two clients send the same one.
      await connection.ask(next(number++));
      latencies.push(performance.now() - sent);
    }
  };
  let number = 0;
  await Promise.all(Array.from({ length: clients }, client));
  const took = (performance.now() - began) / 1000;
  return { count: latencies.length, seconds: took, latencies: latencies.sort((a, b) => a - b) };
}

/** One connection, on which one request follows another. */
export class HttpConnection implements Disposable {
  readonly #connection: Deno.TcpConn;
  readonly #buffer = new Uint8Array(BUFFER_BYTES);

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  static async open(url: string): Promise<HttpConnection> {
    const { hostname, port } = new URL(url);
    const connection = await Deno.connect({ hostname, port: Number(port) });
    connection.setNoDelay(true);
    return new HttpConnection(connection);
  }

  /** Sends a request and reads its answer to the end; rejects when that is not 200. */
  async ask(request: Uint8Array): Promise<void> {
    for (let at = 0; at < request.length;) {
      at += await this.#connection.write(request.subarray(at));
    }
    let length = 0;
    for (;;) {
      const read = await this.#connection.read(this.#buffer.subarray(length));
      if (read === null) throw new Error("The connection ended before the answer");
      length += read;
      const text = decoder.decode(this.#buffer.subarray(0, length));
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) continue;
      if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(text);
      const size = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1]);
      if (length >= end + 4 + size) return;
    }
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
