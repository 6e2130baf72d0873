import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FetchAnswer, FetchRequest, FetchSink, PendingFetch, Refusal } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import { NO_ROUTE, NOBODY, NOT_WANTED } from "./refusals.ts";
import type { Routes } from "./routes.ts";

/** A fetch of a remote track: the first neighbor that accepts delivers the objects. */
export class RouteFetch implements PendingFetch {
  readonly answer: Promise<Outcome<FetchAnswer, Refusal>>;
  readonly finished: Promise<Outcome<void, Refusal>>;
  readonly #track: RemoteTrack;
  readonly #request: FetchRequest;
  readonly #sink: FetchSink;
  readonly #routes: Routes;
  #fetching: PendingFetch | undefined;
  #isCancelled = false;

  constructor(
    track: RemoteTrack,
    { request, sink }: { request: FetchRequest; sink: FetchSink },
    routes: Routes,
  ) {
    this.#track = track;
    this.#request = request;
    this.#sink = sink;
    this.#routes = routes;
    this.answer = this.#ask();
    this.finished = this.#finish();
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#fetching?.cancel();
  }

  async #ask(): Promise<Outcome<FetchAnswer, Refusal>> {
    let refusal = this.#routes.isKnown(this.#track, this.#request.via ?? []) ? NO_ROUTE : NOBODY;
    for (const { link } of this.#routes.to(this.#track, this.#request.via ?? [])) {
      if (this.#isCancelled) return refused(NOT_WANTED);
      const publisher = link.publisher(this.#track.scope);
      if (publisher === undefined) continue;
      const fetching = this.#fetching = publisher.fetch(this.#request, this.#sink);
      const answer = await fetching.answer;
      if (answer.ok) return answer;
      refusal = answer.refusal;
    }
    this.#fetching = undefined;
    return refused(refusal);
  }

  async #finish(): Promise<Outcome<void, Refusal>> {
    const answer = await this.answer;
    if (!answer.ok) return answer;
    return await this.#fetching?.finished ?? done(undefined);
  }
}
