import assert from "node:assert/strict";
import type { Browser, JSHandle } from "playwright-core";
import { generateCertificate, listen, openEndpoint } from "../../../relay/transport/mod.ts";
import { Deadline } from "../deadline.ts";

/** A listener for one session, and a page that may call it and does nothing by itself. */
export async function openWebTransportPage(
  browser: Browser,
  options: Partial<Parameters<typeof listen>[0]> = {},
) {
  const certificate = await generateCertificate(["127.0.0.1"]);
  const refused = Promise.withResolvers<string>();
  const listener = listen({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    protocols: ["moqt-18", "moqt-16"],
    allowOrigin: () => true,
    onRefused: ({ reason }) => refused.resolve(reason),
    ...options,
  });
  const accepted = listener.accept();
  const authority = `127.0.0.1:${listener.address.port}`;
  const pages = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("<!doctype html>", { headers: { "content-type": "text/html" } }),
  );
  const origin = `http://127.0.0.1:${pages.addr.port}`;
  const page = await browser.newPage();
  await page.goto(origin);
  const inPage: JSHandle<InPage> = await page.evaluateHandle(`new (${InPage})()`);
  const deadline = new Deadline();
  /** Calls the listener. */
  const connect = (protocols: readonly string[] = ["moqt-18"], path = "/") =>
    inPage.evaluate(
      (it, target) => it.connect(...target),
      [`https://${authority}${path}`, protocols, certificate.hash] as const,
    );
  return {
    page,
    /** What the page can be told to do. */
    inPage,
    origin,
    authority,
    /** Why the listener refused the page. */
    refusal: refused.promise,
    connect,
    /** Calls the listener and yields the session that it takes. */
    async open(...what: Parameters<typeof connect>) {
      const both = Promise.all([accepted, connect(...what)]);
      const [session] = await deadline.for("a session", both);
      assert(session !== undefined);
      return session;
    },
    wait: <T>(awaited: string, promise: Promise<T>) => deadline.for(awaited, promise),
    async [Symbol.asyncDispose]() {
      listener.close(0, "");
      await (await accepted)?.closed;
      await pages.shutdown();
      deadline[Symbol.dispose]();
    },
  };
}

/** What a page can be told to do: all of it runs in the browser, which is given its source. */
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

  /** Waits until that stream fails, and yields why. */
  uniFailure(): Promise<string> {
    return this.#writer.closed.then(() => "it did not fail", String);
  }
}
