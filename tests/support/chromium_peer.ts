import type { Browser, JSHandle } from "playwright-core";
import type { BrowserPage } from "./browser_page.ts";
import { servePage } from "./page_server.ts";
import type { Peer, Publication, PublishedGroup, Watch, WatchedObject } from "./peer.ts";
import type { QuicServerAddress } from "./quic_transport.ts";

/** Opens a page in a browser and connects it to a relay by WebTransport. */
export async function connectChromium(
  browser: Browser,
  server: QuicServerAddress,
  path = "/",
): Promise<Peer> {
  await using served = await servePage(new URL("browser_page.ts", import.meta.url));
  const page = await browser.newPage();
  await page.goto(served.url);
  const url = `https://127.0.0.1:${server.port}${path}`;
  const peer = await page.evaluateHandle<Peer, [string, string]>(
    ([url, hash]) => (globalThis as unknown as BrowserPage).connect(url, hash),
    [url, server.certificateHash.toHex()],
  );
  const about = await peer.evaluate(({ name, seesTrackEnd }) => ({ name, seesTrackEnd }));
  return new RemotePeer(about, peer, () => page.close());
}

// Each of these stands for an object in the page and sends it what it is told.

class RemotePeer implements Peer {
  readonly name: string;
  readonly seesTrackEnd: boolean;
  readonly #remote: JSHandle<Peer>;
  readonly #leave: () => Promise<void>;

  constructor(
    { name, seesTrackEnd }: Pick<Peer, "name" | "seesTrackEnd">,
    remote: JSHandle<Peer>,
    leave: () => Promise<void>,
  ) {
    this.name = name;
    this.seesTrackEnd = seesTrackEnd;
    this.#remote = remote;
    this.#leave = leave;
  }

  async publish(path: string, tracks: readonly string[]): Promise<Publication> {
    const remote = await this.#remote.evaluateHandle(
      (peer, [path, tracks]) => peer.publish(path, tracks),
      [path, tracks] as const,
    );
    return new RemotePublication(remote);
  }

  async watch(path: string, track: string): Promise<Watch> {
    const remote = await this.#remote.evaluateHandle(
      (peer, [path, track]) => peer.watch(path, track),
      [path, track] as const,
    );
    return new RemoteWatch(remote);
  }

  announced(path: string): Promise<void> {
    return this.#remote.evaluate((peer, path) => peer.announced(path), path);
  }

  withdrawn(path: string): Promise<void> {
    return this.#remote.evaluate((peer, path) => peer.withdrawn(path), path);
  }

  async close(): Promise<void> {
    await this.#remote.evaluate((peer) => peer.close());
    await this.#leave();
  }
}

class RemotePublication implements Publication {
  readonly #remote: JSHandle<Publication>;

  constructor(remote: JSHandle<Publication>) {
    this.#remote = remote;
  }

  async startGroup(track: string): Promise<PublishedGroup> {
    const remote = await this.#remote.evaluateHandle(
      (publication, track) => publication.startGroup(track),
      track,
    );
    return {
      id: await remote.evaluate(({ id }) => id),
      write: (payload) => remote.evaluate((group, payload) => group.write(payload), payload),
      end: () => remote.evaluate((group) => group.end()),
    };
  }

  subscribed(track: string): Promise<void> {
    return this.#remote.evaluate((publication, track) => publication.subscribed(track), track);
  }

  unsubscribed(track: string): Promise<void> {
    return this.#remote.evaluate((publication, track) => publication.unsubscribed(track), track);
  }

  end(): Promise<void> {
    return this.#remote.evaluate((publication) => publication.end());
  }
}

class RemoteWatch implements Watch {
  readonly #remote: JSHandle<Watch>;

  constructor(remote: JSHandle<Watch>) {
    this.#remote = remote;
  }

  next(): Promise<WatchedObject | undefined> {
    return this.#remote.evaluate((watch) => watch.next());
  }

  stop(): Promise<void> {
    return this.#remote.evaluate((watch) => watch.stop());
  }
}
