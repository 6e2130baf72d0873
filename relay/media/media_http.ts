import type { Clock, Log } from "@qumo/shared/runtime";
import type { Gate } from "../session/rights.ts";
import type { Registry } from "../track/mod.ts";
import type { MediaCounts } from "./counts.ts";
import { HlsServer } from "./hls/hls_server.ts";
import type { HlsSettings } from "./hls/settings.ts";
import { problem } from "./http/answers.ts";
import { Lookups } from "./lookups/lookups.ts";

/** The dependencies of {@linkcode MediaHttp}. */
export interface MediaHttpParts {
  readonly registry: Registry;
  /** Decides what a request may have, as it does for sessions. */
  readonly gate: Gate;
  readonly settings: MediaHttpSettings;
  readonly counts: MediaCounts;
  readonly clock: Clock;
  readonly log: Log;
}

/** What is answered over HTTP. */
export interface MediaHttpSettings {
  readonly lookups: { readonly enabled: boolean };
  readonly hls: HlsSettings;
}

/** Media over HTTP: look-ups of names and groups, and broadcasts for players of HLS. */
export class MediaHttp {
  /** Where it answers. */
  readonly paths: readonly string[];
  readonly #lookups: Lookups | undefined;
  readonly #hls: HlsServer | undefined;

  constructor(parts: MediaHttpParts) {
    const { lookups, hls } = parts.settings;
    this.#lookups = lookups.enabled ? new Lookups(parts) : undefined;
    this.#hls = hls.enabled ? new HlsServer({ ...parts, settings: hls }) : undefined;
    this.paths = [
      ...(lookups.enabled ? ["/announced", "/announced/*", "/fetch/*"] : []),
      ...(hls.enabled ? ["/hls/*"] : []),
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
