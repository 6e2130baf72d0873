import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import { systemClock } from "@qumo/shared/runtime";
import { type AcceptOptions, acceptWebTransport } from "../../../relay/transport/h3/mod.ts";
import {
  type Connection,
  generateCertificate,
  type Listener,
  listenQuic,
  openEndpoint,
  type QuicTransportOptions,
} from "../../../relay/transport/mod.ts";
import { Deadline } from "../deadline.ts";

/** A listener, a page that knows its certificate, and the sessions that come. */
export class WebTransportBench implements AsyncDisposable {
  /** SHA-256 of the certificate, in hex. */
  readonly hash: string;
  /** What the last client said it is. */
  origin: string | undefined;
  readonly refusal: Promise<string>;
  readonly #listener: Listener;
  readonly #browser: Browser;
  readonly #pages: Deno.HttpServer<Deno.NetAddr>;
  readonly #deadline = new Deadline();
  readonly #accepted: Promise<Connection>;

  private constructor(browser: Browser, listener: Listener, hash: string, accept: AcceptOptions) {
    this.#browser = browser;
    this.#listener = listener;
    this.hash = hash;
    const headers = { "content-type": "text/html" };
    this.#pages = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      () => new Response(`<!doctype html><script>${PAGE}</script>`, { headers }),
    );
    this.#accepted = this.#accept(accept);
    this.refusal = this.#accepted.then(() => "none", (error) => error.message);
  }

  static async open(
    browser: Browser,
    options: Partial<AcceptOptions> = {},
    quic: QuicTransportOptions = {},
  ): Promise<WebTransportBench> {
    const certificate = await generateCertificate(["127.0.0.1"]);
    const alpnProtocols = ["h3", "moqt-18"];
    const listener = listenQuic({
      ...quic,
      endpoint: openEndpoint("127.0.0.1", 0),
      certificate,
      alpnProtocols,
    });
    return new WebTransportBench(browser, listener, certificate.hash, {
      protocols: ["moqt-18", "moqt-16"],
      allowOrigin: () => true,
      clock: systemClock,
      ...options,
    });
  }

  get port(): number {
    return this.#listener.address.port;
  }

  get url(): string {
    return `https://127.0.0.1:${this.port}/`;
  }

  get pageOrigin(): string {
    return `http://127.0.0.1:${this.#pages.addr.port}`;
  }

  /** Opens the page, which then does nothing by itself. */
  async load(): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.goto(`${this.pageOrigin}/`);
    return page;
  }

  /** Opens the page and a session from it. */
  async connect(path = "/", protocols: readonly string[] = ["moqt-18"]) {
    const page = await this.load();
    const url = `https://127.0.0.1:${this.port}${path}`;
    const ready = call(page, "connect", url, protocols, this.hash);
    const session = await this.wait("a session", this.#accepted);
    await ready;
    return { session, page };
  }

  wait<T>(awaited: string, promise: Promise<T>): Promise<T> {
    return this.#deadline.for(awaited, promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close(0, "");
    await this.#accepted.then((session) => session.closed, () => {});
    await this.#pages.shutdown();
    this.#deadline[Symbol.dispose]();
  }

  async #accept(options: AcceptOptions): Promise<Connection> {
    const raw = await this.#listener.accept();
    assert(raw !== undefined);
    assert.equal(raw.protocol, "h3");
    const allowOrigin = (origin: string | undefined) => {
      this.origin = origin;
      return options.allowOrigin(origin);
    };
    return await acceptWebTransport(raw, { ...options, allowOrigin });
  }
}

/** What the page can be told to do; all of it runs in the browser. */
export interface PageFunctions {
  connect(url: string, protocols: readonly string[], hash: string): Promise<void>;
  protocol(): string;
  /** Tries to connect and yields the error as text. */
  fail(url: string, protocols: readonly string[], hash: string): Promise<string>;
  readNextUni(): Promise<string>;
  readUnis(count: number): Promise<string[]>;
  sendUni(text: string): Promise<void>;
  sendUnis(count: number): Promise<void>;
  echoNextBidi(): Promise<void>;
  askBidi(text: string): Promise<string>;
  readDatagram(): Promise<string>;
  sendDatagram(text: string): Promise<void>;
  close(closeCode: number, reason: string): Promise<unknown>;
  closed(): Promise<unknown>;
  /** Opens a stream and writes an `x`. */
  startUni(): Promise<void>;
  /** Resets the stream that was started last. */
  resetUni(code: number): Promise<void>;
  stopNextUni(code: number): Promise<void>;
  /** Writes until that fails and yields the error's name and code. */
  writeUntilStopped(): Promise<string>;
}

/** Calls a function of the page. */
export function call<Name extends keyof PageFunctions>(
  page: Page,
  name: Name,
  ...parameters: Parameters<PageFunctions[Name]>
): Promise<Awaited<ReturnType<PageFunctions[Name]>>> {
  return page.evaluate(
    // deno-lint-ignore no-explicit-any
    ([name, parameters]) => (globalThis as any)[name](...parameters),
    [name, parameters as unknown[]] as const,
  );
}

const PAGE = `
const encode = (text) => new TextEncoder().encode(text);
function open(url, protocols, hash) {
  const value = Uint8Array.from(hash.match(/../g), (byte) => parseInt(byte, 16));
  const serverCertificateHashes = [{ algorithm: "sha-256", value }];
  return new WebTransport(url, { protocols, serverCertificateHashes });
}
async function connect(url, protocols, hash) {
  globalThis.wt = open(url, protocols, hash);
  await wt.ready;
  globalThis.unis = wt.incomingUnidirectionalStreams.getReader();
  globalThis.bidis = wt.incomingBidirectionalStreams.getReader();
}
async function fail(url, protocols, hash) {
  const failing = open(url, protocols, hash);
  failing.closed.catch(() => {});
  return await failing.ready.then(() => "ready", String);
}
function protocol() {
  return wt.protocol;
}
const readAll = (stream) => new Response(stream).text();
async function readNextUni() {
  return await readAll((await unis.read()).value);
}
async function readUnis(count) {
  const texts = [];
  while (texts.length < count) texts.push(readNextUni());
  return await Promise.all(texts);
}
async function sendUni(text) {
  const writer = (await wt.createUnidirectionalStream()).getWriter();
  await writer.write(encode(text));
  await writer.close();
}
async function sendUnis(count) {
  await Promise.all(Array.from({ length: count }, (_, at) => sendUni(String(at))));
}
async function echoNextBidi() {
  const { readable, writable } = (await bidis.read()).value;
  const writer = writable.getWriter();
  await writer.write(encode(await readAll(readable) + "echo"));
  await writer.close();
}
async function askBidi(text) {
  const { readable, writable } = await wt.createBidirectionalStream();
  const writer = writable.getWriter();
  await writer.write(encode(text));
  await writer.close();
  return await readAll(readable);
}
async function readDatagram() {
  const { value } = await wt.datagrams.readable.getReader().read();
  return new TextDecoder().decode(value);
}
async function sendDatagram(text) {
  const writable = wt.datagrams.writable ?? wt.datagrams.createWritable();
  await writable.getWriter().write(encode(text));
}
async function close(closeCode, reason) {
  wt.close({ closeCode, reason });
  return await closed();
}
async function closed() {
  const { closeCode, reason } = await wt.closed;
  return { closeCode, reason };
}
async function startUni() {
  globalThis.writer = (await wt.createUnidirectionalStream()).getWriter();
  await writer.write(encode("x"));
}
async function resetUni(code) {
  await writer.abort(error(code));
}
function error(streamErrorCode) {
  // Chromium 156 wants it so; the W3C's text has the message first by now.
  return new WebTransportError({ message: "over", streamErrorCode });
}
async function stopNextUni(code) {
  const { value } = await unis.read();
  await value.cancel(error(code));
}
async function writeUntilStopped() {
  const writer = (await wt.createUnidirectionalStream()).getWriter();
  try {
    for (;;) {
      await writer.write(new Uint8Array(100));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } catch (error) {
    return error.name + " " + error.streamErrorCode;
  }
}
`;
