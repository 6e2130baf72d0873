import type { Clock } from "@qumo/shared/runtime";
import type { Gate } from "../session/rights.ts";
import type { Registry } from "../track/mod.ts";
import type { MediaCounts } from "./counts.ts";
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
}

/** What is answered over HTTP. */
export interface MediaHttpSettings {
  readonly lookups: { readonly enabled: boolean };
}

/** Media over HTTP: look-ups of names and groups. */
export class MediaHttp {
  /** Where it answers. */
  readonly paths: readonly string[];
  readonly #lookups: Lookups | undefined;

  constructor(parts: MediaHttpParts) {
    this.#lookups = parts.settings.lookups.enabled ? new Lookups(parts) : undefined;
    this.paths = this.#lookups === undefined ? [] : ["/announced", "/announced/*", "/fetch/*"];
  }

  /** Answers a request for one of the paths. */
  async answer(request: Request, remote: string): Promise<Response> {
    return await this.#lookups?.answer(request, remote) ?? problem(404, "no such path");
  }
}
