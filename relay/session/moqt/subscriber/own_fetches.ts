import type { FetchRequest, FetchSink, PendingFetch } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";
import { readVarint } from "../../framing.ts";
import type { Input } from "../../input.ts";
import { GOING_AWAY, GONE } from "./ask.ts";
import { IncomingFetch, type IncomingFetchContext } from "./incoming_fetch.ts";
import type { Lifetime, Reporting, Wire } from "../connection/facets.ts";

/** The interfaces that {@linkcode OwnFetches} uses of its session. */
export type OwnFetchesContext = IncomingFetchContext & Lifetime & Wire & Reporting;

/** The FETCHes of ours at a peer, until their objects have come. */
export class OwnFetches {
  readonly #context: OwnFetchesContext;
  readonly #sent = new Map<bigint, IncomingFetch>();
  // Fetches that wait until the peer allows one more request.
  readonly #unsent = new Set<IncomingFetch>();
  #closed = false;

  constructor(context: OwnFetchesContext) {
    this.#context = context;
  }

  /** Fetches a range from the peer into a sink, on behalf of a scope. */
  start(request: FetchRequest, sink: FetchSink, scope: string): PendingFetch {
    const fetch = new IncomingFetch(request, sink, { context: this.#context, scope });
    if (this.#closed || this.#context.shutdown.isLeaving) {
      fetch.cancel(this.#closed ? GONE : GOING_AWAY);
      return fetch;
    }
    this.#unsent.add(fetch);
    const end = this.#context.shutdown.begin();
    this.#context.tasks.spawn("fetch", async () => {
      try {
        await fetch.run((requestId) => {
          this.#unsent.delete(fetch);
          this.#sent.set(requestId, fetch);
        });
      } finally {
        this.#unsent.delete(fetch);
        if (fetch.requestId !== undefined) this.#sent.delete(fetch.requestId);
        end();
      }
    });
    return fetch;
  }

  /** Handles a data stream of a fetch. */
  async stream(input: Input): Promise<void> {
    const requestId = await readVarint(input, this.#context.draft.varint);
    if (requestId === undefined) throw violation("A stream ends within its header");
    const fetch = this.#sent.get(requestId);
    if (fetch === undefined) {
      this.#context.metrics.streamsStopped.fetch_over++;
      return input.stop("cancelled");
    }
    await fetch.read(input);
  }

  /** Ends the fetches of what the peer may no longer publish. */
  cut(reason: string, isMeant: (fetch: IncomingFetch) => boolean): void {
    for (const fetch of this.#all()) {
      if (isMeant(fetch)) fetch.cancel({ kind: "unauthorized", reason });
    }
  }

  /** Ends all fetches; called when the session ends. */
  close(): void {
    this.#closed = true;
    for (const fetch of this.#all()) fetch.cancel();
  }

  #all(): IncomingFetch[] {
    return [...this.#unsent, ...this.#sent.values()];
  }
}
