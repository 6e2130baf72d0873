import type { Browser as PlaywrightBrowser } from "playwright-core";
import type { DatagramPublication, Peer, Publication, Watch } from "../support/peers/peer.ts";
import { type PageServer, servePage } from "../support/processes/page_server.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import type { BrowserPage, PageLibrary } from "./browser_page.ts";
import { type Browser, type Page, playwrightBrowser, type Remote } from "./browsers.ts";

/** What is different from the usual. */
export interface BrowserPeerOptions {
  /** `@moq/net` when nothing is said, which Firefox cannot use. */
  readonly library?: PageLibrary;
  /** Where on the relay. */
  readonly path?: string;
}

/** Opens a page in a browser and connects it to a relay by WebTransport. */
export async function connectPage(
  browser: Browser,
  server: QuicServerAddress,
  { library = "@moq/net", path = "/" }: BrowserPeerOptions = {},
): Promise<BrowserPeer> {
  const url = `https://127.0.0.1:${server.port}${path}`;
  const served = await servePage(new URL("browser_page.ts", import.meta.url));
  const page = await browser.newPage();
  const peer = new BrowserPeer(page, served, [library, url, server.certificateHash.toHex()]);
  try {
    await page.goto(served.url);
    await peer.connect();
    return peer;
  } catch (error) {
    await peer.close();
    throw error;
  }
}

/** The same in the Chromium that a test was given. */
export function connectChromium(
  chromium: PlaywrightBrowser,
  server: QuicServerAddress,
  path = "/",
): Promise<Peer> {
  return connectPage(playwrightBrowser(chromium), server, { path });
}

// Each of these stands for an object in the page and sends it what it is told.

/** A library in a page. */
export class BrowserPeer implements Peer {
  readonly #page: Page;
  readonly #served: PageServer;
  readonly #target: Parameters<BrowserPage["connect"]>;
  #peer: Remote<Peer> | undefined;

  constructor(page: Page, served: PageServer, target: Parameters<BrowserPage["connect"]>) {
    this.#page = page;
    this.#served = served;
    this.#target = target;
  }

  /** Connects the page that was loaded. */
  async connect(): Promise<void> {
    this.#peer = await this.#page.evaluateHandle(
      (target) => (globalThis as unknown as BrowserPage).connect(...target),
      this.#target,
    );
  }

  /** Loads the page again, as somebody who presses F5; what it published or watched is gone. */
  async reload(): Promise<void> {
    await this.#page.reload();
    await this.connect();
  }

  /** Goes to another page, as somebody who follows a link. */
  async leave(): Promise<void> {
    await this.#page.goto("about:blank");
  }

  async publish(path: string, tracks: readonly string[]): Promise<DatagramPublication> {
    const remote = await this.#remote.evaluateHandle(
      (peer, [path, tracks]) => peer.publish(path, tracks),
      [path, tracks] as const,
    );
    return publicationOf(remote);
  }

  async watch(path: string, track: string): Promise<Watch> {
    const remote = await this.#remote.evaluateHandle(
      (peer, [path, track]) => peer.watch(path, track),
      [path, track] as const,
    );
    return watchOf(remote);
  }

  announced(path: string): Promise<void> {
    return this.#remote.evaluate((peer, path) => peer.announced(path), path);
  }

  withdrawn(path: string): Promise<void> {
    return this.#remote.evaluate((peer, path) => peer.withdrawn(path), path);
  }

  async close(): Promise<void> {
    try {
      await this.#peer?.evaluate((peer) => peer.close()).catch(() => {});
      await this.#page.close();
    } finally {
      await this.#served[Symbol.asyncDispose]();
    }
  }

  get #remote(): Remote<Peer> {
    if (this.#peer === undefined) throw new Error("The page is not connected");
    return this.#peer;
  }
}

function publicationOf(remote: Remote<Publication>): DatagramPublication {
  return {
    async startGroup(track) {
      const group = await remote.evaluateHandle((it, track) => it.startGroup(track), track);
      return {
        id: await group.evaluate(({ id }) => id),
        write: (payload) =>
          group.evaluate(
            (it, payload) => it.write(Uint8Array.fromBase64(payload)),
            payload.toBase64(),
          ),
        end: () => group.evaluate((it) => it.end()),
      };
    },
    sendDatagram: (track, payload) =>
      remote.evaluate(
        (it, [track, payload]) =>
          (it as DatagramPublication).sendDatagram(track, Uint8Array.fromBase64(payload)),
        [track, payload.toBase64()] as const,
      ),
    subscribed: (track) => remote.evaluate((it, track) => it.subscribed(track), track),
    unsubscribed: (track) => remote.evaluate((it, track) => it.unsubscribed(track), track),
    end: () => remote.evaluate((it) => it.end()),
  };
}

function watchOf(remote: Remote<Watch>): Watch {
  return {
    async next() {
      const found = await remote.evaluate(async (watch) => {
        const object = await watch.next();
        return object && { ...object, payload: object.payload.toBase64() };
      });
      return found && { ...found, payload: Uint8Array.fromBase64(found.payload) };
    },
    stop: () => remote.evaluate((watch) => watch.stop()),
  };
}
