import assert from "node:assert/strict";
import type { Browser, Page } from "playwright-core";
import {
  type Connection,
  generateCertificate,
  listen,
  openEndpoint,
} from "../../../relay/transport/mod.ts";
import { Deadline } from "../deadline.ts";

type ListenOptions = Parameters<typeof listen>[0];

/** A listener for one session, and pages that may call it. */
export class WebTransportBench implements AsyncDisposable {
  readonly port: number;
  /** Why the listener refused a page. */
  readonly refusal: Promise<string>;
  readonly #hash: string;
  readonly #browser: Browser;
  readonly #pages = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } }),
  );
  readonly #deadline = new Deadline();
  readonly #accepted: Promise<Connection | undefined>;
  readonly #close: () => void;

  static async open(
    browser: Browser,
    options: Partial<ListenOptions> = {},
  ): Promise<WebTransportBench> {
    return new WebTransportBench(browser, await generateCertificate(["127.0.0.1"]), options);
  }

  private constructor(
    browser: Browser,
    certificate: ListenOptions["certificate"] & { readonly hash: string },
    options: Partial<ListenOptions>,
  ) {
    const refusal = Promise.withResolvers<string>();
    const listener = listen({
      endpoint: openEndpoint("127.0.0.1", 0),
      certificate,
      protocols: ["moqt-18", "moqt-16"],
      allowOrigin: () => true,
      onRefused: ({ reason }) => refusal.resolve(reason),
      ...options,
    });
    this.#browser = browser;
    this.#hash = certificate.hash;
    this.port = listener.address.port;
    this.refusal = refusal.promise;
    this.#accepted = listener.accept();
    this.#close = () => listener.close(0, "");
  }

  get pageOrigin(): string {
    return `http://127.0.0.1:${this.#pages.addr.port}`;
  }

  /** Opens the page, which then does nothing by itself. */
  async load(): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.goto(`${this.pageOrigin}/`);
    await page.evaluate(PAGE);
    return page;
  }

  /** Calls the listener from a page. */
  call(page: Page, protocols: readonly string[], path = "/"): Promise<void> {
    return call(page, "connect", `https://127.0.0.1:${this.port}${path}`, protocols, this.#hash);
  }

  /** Opens the page and a session from it. */
  async connect(path = "/", protocols: readonly string[] = ["moqt-18"]) {
    const page = await this.load();
    const [session] = await this.wait(
      "a session",
      Promise.all([this.#accepted, this.call(page, protocols, path)]),
    );
    assert(session !== undefined);
    return { session, page };
  }

  wait<T>(awaited: string, promise: Promise<T>): Promise<T> {
    return this.#deadline.for(awaited, promise);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await (await this.#accepted)?.closed;
    await this.#pages.shutdown();
    this.#deadline[Symbol.dispose]();
  }
}

/** Tells the page to do something, and yields what it says. */
export function call<Name extends Exclude<keyof InPage, "session">>(
  page: Page,
  name: Name,
  ...parameters: Parameters<InPage[Name]>
): Promise<Awaited<ReturnType<InPage[Name]>>> {
  return page.evaluate(
    // deno-lint-ignore no-explicit-any
    ([name, parameters]) => (globalThis as any).inPage[name](...parameters),
    [name, parameters as unknown[]] as const,
  );
}

/** What a page can be told to do as `inPage`: all of it runs in the browser, which is given its source. */
class InPage {
  session!: WebTransport;
  #unis!: ReadableStreamDefaultReader<ReadableStream<Uint8Array>>;
  #bidis!: ReadableStreamDefaultReader<WebTransportBidirectionalStream>;
  #writer!: WritableStreamDefaultWriter<Uint8Array>;

  async connect(url: string, protocols: readonly string[], hash: string): Promise<void> {
    const value = Uint8Array.from(hash.match(/../g)!, (byte) => parseInt(byte, 16));
    // Deno's types know no protocols.
    const options = { protocols, serverCertificateHashes: [{ algorithm: "sha-256", value }] };
    this.session = new WebTransport(url, options);
    await this.session.ready;
    this.#unis = this.session.incomingUnidirectionalStreams.getReader();
    this.#bidis = this.session.incomingBidirectionalStreams.getReader();
  }

  /** The texts of the next streams. */
  readUnis(count: number): Promise<string[]> {
    const next = () => this.#unis.read().then(({ value }) => new Response(value).text());
    return Promise.all(Array.from({ length: count }, next));
  }

  async sendUnis(texts: readonly string[]): Promise<void> {
    await Promise.all(texts.map(async (text) => {
      await this.#send(await this.session.createUnidirectionalStream(), text);
    }));
  }

  async #send(stream: WritableStream<Uint8Array>, text: string): Promise<void> {
    const writer = stream.getWriter();
    await writer.write(new TextEncoder().encode(text));
    await writer.close();
  }

  async echoNextBidi(): Promise<void> {
    const { readable, writable } = (await this.#bidis.read()).value!;
    await this.#send(writable, `${await new Response(readable).text()}echo`);
  }

  async askBidi(text: string): Promise<string> {
    const { readable, writable } = await this.session.createBidirectionalStream();
    await this.#send(writable, text);
    return await new Response(readable).text();
  }

  async readDatagram(): Promise<string> {
    const { value } = await this.session.datagrams.readable.getReader().read();
    return new TextDecoder().decode(value);
  }

  async sendDatagram(text: string): Promise<void> {
    const writer = this.session.datagrams.writable.getWriter();
    await writer.write(new TextEncoder().encode(text));
  }

  /** Opens a stream and writes an `x`. */
  async startUni(): Promise<void> {
    this.#writer = (await this.session.createUnidirectionalStream()).getWriter();
    await this.#writer.write(new TextEncoder().encode("x"));
  }

  /** Resets the stream that was started last. */
  async resetUni(code: number): Promise<void> {
    await this.#writer.abort(this.#error(code));
  }

  async stopNextUni(code: number): Promise<void> {
    await (await this.#unis.read()).value!.cancel(this.#error(code));
  }

  #error(streamErrorCode: number): WebTransportError {
    // Chromium 156 wants it so; the W3C's text has the message first by now.
    return new WebTransportError({ message: "over", streamErrorCode } as never);
  }

  /** Writes until that fails and yields the error's name and code. */
  async writeUntilStopped(): Promise<string> {
    await this.startUni();
    try {
      for (;;) {
        await this.#writer.write(new Uint8Array(100));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    } catch (error) {
      const { name, streamErrorCode } = error as WebTransportError;
      return `${name} ${streamErrorCode}`;
    }
  }
}

const PAGE = `globalThis.inPage = new (${InPage})();`;
