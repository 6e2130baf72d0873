import { freePort } from "../support/mesh/ports.ts";
import { until } from "../support/until.ts";
import { Film, STREAM } from "./film_sender.ts";
import { type HlsCounts, HlsReader, tracksOf } from "./hls_reader.ts";

/** What a relay does besides carrying the objects that are measured. */
export interface MediaOptions {
  /** Whether it keeps groups on disk too. */
  readonly isOnDisk?: boolean;
  /** Players of HLS of a stream that ffmpeg sends by RTMP; undefined: nobody sends one. */
  readonly players?: number;
  /** Whether players have the picture alone, without the sound. */
  readonly isSilent?: boolean;
}

/** An encoder, players of HLS and a folder, for one relay. What it has made goes with it. */
export class MediaLoad implements AsyncDisposable {
  /** With which the relay is started. */
  readonly env: Readonly<Record<string, string>>;
  readonly #options: MediaOptions;
  readonly #stack: AsyncDisposableStack;
  readonly #film: Film | undefined;
  readonly #rtmpPort: number;
  readonly #readers: HlsReader[] = [];

  private constructor(
    options: MediaOptions,
    { stack, film, folder }: { stack: AsyncDisposableStack; film?: Film; folder?: string },
  ) {
    this.#options = options;
    this.#stack = stack;
    this.#film = film;
    this.#rtmpPort = freePort();
    this.env = {
      ...(folder !== undefined && { QUMO_CACHE_DISK_FOLDER: folder }),
      ...(film !== undefined && {
        QUMO_INGEST_RTMP_ADDRESS: `127.0.0.1:${this.#rtmpPort}`,
        QUMO_HLS_ENABLED: "true",
      }),
    };
  }

  /** Makes what is needed before the relay is started. */
  static async prepare(options: MediaOptions): Promise<MediaLoad> {
    const stack = new AsyncDisposableStack();
    const film = options.players === undefined ? undefined : stack.use(await Film.make());
    if (options.isOnDisk !== true) return new MediaLoad(options, { stack, ...(film && { film }) });
    const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
    stack.defer(() => Deno.remove(folder, { recursive: true }));
    return new MediaLoad(options, { stack, folder, ...(film && { film }) });
  }

  /** Sends and plays at the relay that listens there, until the result is disposed of. */
  async start({ port }: { readonly port: number }): Promise<AsyncDisposable> {
    await using stack = new AsyncDisposableStack();
    if (this.#film === undefined) return stack.move();
    stack.use(this.#film.send(this.#rtmpPort));
    const index = `http://127.0.0.1:${port}/hls/${STREAM.join("/")}/index.m3u8`;
    let text = "";
    await until("the stream", async () => {
      const response = await fetch(index);
      text = await response.text();
      return response.ok;
    });
    const tracks = tracksOf(text, index).slice(0, this.#options.isSilent === true ? 1 : undefined);
    const stop = new AbortController();
    const players: Promise<void>[] = [];
    for (let player = 0; player < this.#options.players!; player++) {
      for (const track of tracks) {
        const reader = new HlsReader(track);
        this.#readers.push(reader);
        players.push(reader.play(stop.signal));
      }
    }
    const ended = Promise.all(players);
    stack.defer(async () => {
      stop.abort();
      await ended;
    });
    return stack.move();
  }

  /** What all players got so far. */
  counts(): HlsCounts {
    const sum: HlsCounts = { requests: 0, parts: 0, bytes: 0 };
    for (const { counts } of this.#readers) {
      sum.requests += counts.requests;
      sum.parts += counts.parts;
      sum.bytes += counts.bytes;
    }
    return sum;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}
