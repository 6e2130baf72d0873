import type { HlsServer } from "./hls/hls_server.ts";
import { problem } from "./http/answers.ts";
import type { Lookups } from "./lookups/lookups.ts";

/** What is answered over HTTP; undefined: it is not. */
export interface MediaHttpParts {
  readonly lookups: Lookups | undefined;
  readonly hls: HlsServer | undefined;
}

/** Media over HTTP: look-ups of names and groups, and broadcasts for players of HLS. */
export class MediaHttp {
  /** Where it answers. */
  readonly paths: readonly string[];
  readonly #lookups: Lookups | undefined;
  readonly #hls: HlsServer | undefined;

  constructor({ lookups, hls }: MediaHttpParts) {
    this.#lookups = lookups;
    this.#hls = hls;
    this.paths = [
      ...(lookups === undefined ? [] : ["/announced", "/announced/*", "/fetch/*"]),
      ...(hls === undefined ? [] : ["/hls/*"]),
    ];
  }

  /** Answers a request for one of the paths. */
  async answer(request: Request, remote: string): Promise<Response> {
    const isHls = new URL(request.url).pathname.startsWith("/hls/");
    const answered = (isHls ? this.#hls : this.#lookups)?.answer(request, remote);
    return await answered ?? problem(404, "no such path");
  }

  /** Leaves everything that is watched. */
  close(): void {
    this.#hls?.close();
  }
}
