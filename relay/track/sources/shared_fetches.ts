import { trackKey } from "@qumo/shared/wire";
import type { PastSource } from "./in_turn.ts";
import { MAX_SHARED_FETCHES } from "../limits.ts";
import type { FetchRequest, FetchSink, PendingFetch } from "./publisher.ts";
import { SharedFetch } from "./shared_fetch.ts";

/** Makes one fetch of those for the same objects that are asked for at the same time. */
export class SharedFetches {
  readonly #open = new Map<string, SharedFetch>();
  readonly #onShared: () => void;

  /** `onShared` is called for each fetch that joins one that is under way. */
  constructor(onShared: () => void) {
    this.#onShared = onShared;
  }

  /** The same source, whose fetches are shared. */
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
    // Who falls behind goes on behind what it has, which only has one meaning where ids ascend.
    const mayShare = request.order === "ascending" && this.#open.size < MAX_SHARED_FETCHES;
    if (!mayShare) return source.fetch(request, sink);
    const shared = new SharedFetch(source, request, () => this.#open.delete(key));
    this.#open.set(key, shared);
    return shared.begin(sink);
  }
}

/** What a fetch must have in common with another to be the same; so also the path that it came by. */
function keyOf({ name, start, end, order, via = [] }: FetchRequest): string {
  const range = [start.group, start.object, end.group, end.object];
  return [trackKey(name), ...range, order, ...via].join("\n");
}
