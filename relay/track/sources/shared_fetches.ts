import { trackKey } from "@qumo/shared/wire";
import type { PastSource } from "./in_turn.ts";
import { MAX_SHARED_FETCHES } from "../limits.ts";
import type { FetchRequest, FetchSink, PendingFetch } from "./publisher.ts";
import { SharedFetch } from "./shared_fetch.ts";

/** Merges concurrent fetches of the same objects into one. */
export class SharedFetches {
  readonly #open = new Map<string, SharedFetch>();
  readonly #onShared: () => void;

  /** `onShared` is called for each fetch that joins a pending one. */
  constructor(onShared: () => void) {
    this.#onShared = onShared;
  }

  /** Wraps a source so that its fetches are shared. */
  of(source: PastSource): PastSource {
    return {
      fetch: (request, sink) => this.#fetch(source, request, sink),
      trackStatus: (name, via) => source.trackStatus(name, via),
    };
  }

  #fetch(source: PastSource, request: FetchRequest, sink: FetchSink): PendingFetch {
    const key = keyOf(request);
    const known = this.#open.get(key);
    if (known !== undefined) {
      this.#onShared();
      return known.join(sink);
    }
    // A slow member continues after its last object, which requires ascending order.
    const mayShare = request.order === "ascending" && this.#open.size < MAX_SHARED_FETCHES;
    if (!mayShare) return source.fetch(request, sink);
    const shared = new SharedFetch(source, request, () => this.#open.delete(key));
    this.#open.set(key, shared);
    return shared.begin(sink);
  }
}

/** The key of equal fetches; the path of the request is part of it. */
function keyOf({ name, start, end, order, via = [] }: FetchRequest): string {
  const range = [start.group, start.object, end.group, end.object];
  return [trackKey(name), ...range, order, ...via].join("\n");
}
