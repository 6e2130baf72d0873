/** What a reader of HLS got. */
export interface HlsCounts {
  requests: number;
  parts: number;
  bytes: number;
}

/**
 * A player of HLS that shows nothing: it asks for the playlist that has the next part, waits for it
 * as players with low latency do, and reads the parts that are new.
 */
export class HlsReader {
  readonly counts: HlsCounts = { requests: 0, parts: 0, bytes: 0 };
  readonly #playlist: string;

  constructor(playlist: string) {
    this.#playlist = playlist;
  }

  /** Plays until the signal; a request that fails ends it with an error. */
  async play(signal: AbortSignal): Promise<void> {
    try {
      await this.#play(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  async #play(signal: AbortSignal): Promise<void> {
    let known: readonly string[] | undefined;
    let next = "";
    while (!signal.aborted) {
      const text = new TextDecoder().decode(await this.#read(`${this.#playlist}${next}`, signal));
      const parts = partsOf(text);
      // Who comes now begins at the newest one.
      const unread = known === undefined
        ? parts.slice(-1)
        : parts.filter((part) => !known!.includes(part));
      for (const part of unread) {
        await this.#read(new URL(part, this.#playlist).href, signal);
        this.counts.parts++;
      }
      known = parts;
      next = nextOf(text);
    }
  }

  async #read(url: string, signal: AbortSignal): Promise<ArrayBuffer> {
    const response = await fetch(url, { signal });
    const body = await response.arrayBuffer();
    if (!response.ok) throw new Error(`${url}: ${response.status}`);
    this.counts.requests++;
    this.counts.bytes += body.byteLength;
    return body;
  }
}

/** The playlists of the tracks that a broadcast offers. */
export function tracksOf(index: string, url: string): string[] {
  const sounds = Array.from(index.matchAll(/^#EXT-X-MEDIA:.*URI="([^"]+)"/gm), ([, uri]) => uri!);
  const pictures = index.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return [...pictures, ...sounds].map((uri) => new URL(uri, url).href);
}

/** The parts that a playlist lists, the oldest first. */
export function partsOf(playlist: string): string[] {
  return Array.from(playlist.matchAll(/^#EXT-X-PART:.*URI="([^"]+)"/gm), ([, uri]) => uri!);
}

/** What asks for the playlist as soon as the next part is in it. */
export function nextOf(playlist: string): string {
  const hint = /^#EXT-X-PRELOAD-HINT:.*URI="[^"]*\.(\d+)\.(\d+)\.m4s/m.exec(playlist);
  return hint === null ? "" : `?_HLS_msn=${hint[1]}&_HLS_part=${hint[2]}`;
}
