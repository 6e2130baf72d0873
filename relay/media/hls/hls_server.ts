import { type Clock, type Log, namespaceText, type Timer } from "@qumo/shared/runtime";
import { formatNamespace } from "@qumo/shared/wire";
import type { Gate } from "../../session/rights.ts";
import type { Registry } from "../../track/mod.ts";
import { hang } from "../catalog/hang.ts";
import type { MediaCounts } from "../counts.ts";
import { answer, otherMethod, personal, problem, refusal } from "../http/answers.ts";
import { outcomeOf } from "../http/outcome.ts";
import { allowed, isPersonal, queryOf } from "../http/visitor.ts";
import { HLS_LOOK_MS, HLS_READY_MS, MAX_HLS_REQUESTS } from "../limits.ts";
import { partsOf, trackOf } from "../model/names.ts";
import { enterPlace, type Place } from "../model/scopes.ts";
import { HlsBroadcast } from "./hls_broadcast.ts";
import { MemoryBudget } from "./memory_budget.ts";
import { multivariantPlaylist } from "./playlists.ts";
import { mediaAnswer } from "./media_answer.ts";
import { PastAnswers } from "./past_answer.ts";
import type { HlsSettings } from "./settings.ts";

/** The dependencies of {@linkcode HlsServer}. */
export interface HlsParts {
  readonly registry: Registry;
  readonly gate: Gate;
  readonly settings: HlsSettings;
  readonly counts: Pick<MediaCounts, "hls" | "hlsLosses">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A broadcast that somebody watches, and its place, which is left with it. */
interface Open {
  readonly broadcast: HlsBroadcast;
  readonly leave: () => void;
}

/** Gives broadcasts to players of HLS, as long as somebody asks for them. */
export class HlsServer {
  readonly #parts: HlsParts;
  readonly #budget: MemoryBudget;
  readonly #open = new Map<string, Open>();
  readonly #past = new PastAnswers();
  #looking: Timer | undefined;
  #active = 0;

  constructor(parts: HlsParts) {
    this.#parts = parts;
    const { counts, settings } = parts;
    this.#budget = new MemoryBudget(settings.maxBytes, () => void counts.hlsLosses.segment++);
  }

  /** Answers a request for a path under `/hls/`. */
  async answer(request: Request, remote: string): Promise<Response> {
    if (request.method !== "GET" && request.method !== "HEAD") return otherMethod(request.method);
    const { hls } = this.#parts.counts;
    if (this.#active >= MAX_HLS_REQUESTS) {
      hls.too_many++;
      return problem(503, `more than ${MAX_HLS_REQUESTS} requests`, 1_000);
    }
    this.#active++;
    try {
      const response = await this.#answer(request, remote);
      hls[outcomeOf(response)]++;
      return isPersonal(request) ? personal(response) : response;
    } finally {
      this.#active--;
    }
  }

  /** Leaves every broadcast. */
  close(): void {
    this.#looking?.cancel();
    for (const key of [...this.#open.keys()]) this.#leave(key);
  }

  async #answer(request: Request, remote: string): Promise<Response> {
    const parts = partsOf(new URL(request.url).pathname)?.slice(1);
    const file = parts?.pop();
    if (parts === undefined || file === undefined) return NO_NAME();
    const track = INDEXES.has(file) ? undefined : parts.pop();
    const place = parts.length === 0 ? undefined : enterPlace(this.#parts.registry, parts);
    if (place === undefined) return NO_NAME();
    try {
      const name = trackOf(place.namespace, track ?? hang.track);
      if (name === undefined) return NO_NAME();
      const asked = { action: "subscribe", namespace: place.namespace, track: name } as const;
      const outcome = await allowed(this.#parts.gate, { request, remote, place }, {
        asked,
        act: async () => {
          const broadcast = await this.#broadcast(place, track === undefined);
          if (broadcast instanceof Response) return broadcast;
          if (track === undefined) return indexOf(broadcast, INDEXES.get(file)!, queryOf(request));
          const wanted = { track, file, request };
          if (file.startsWith("past.")) return await this.#past.answer(broadcast, wanted);
          return await mediaAnswer(broadcast, wanted, this.#parts.settings);
        },
      });
      return outcome.ok ? outcome.value : refusal(outcome.refusal);
    } finally {
      place.leave();
    }
  }

  /** The broadcast with its catalog, or the answer that says why there is none. */
  async #broadcast(place: Place, isNew: boolean): Promise<HlsBroadcast | Response> {
    const { settings } = this.#parts;
    const key = `${place.key} ${formatNamespace(place.namespace)}`;
    // Who has watched it is told that it is over; who begins looks for another one.
    if (isNew && this.#open.get(key)?.broadcast.isOver === true) this.#leave(key);
    if (!this.#open.has(key) && this.#open.size >= settings.maxBroadcasts) {
      return problem(503, `more than ${settings.maxBroadcasts} broadcasts are watched`, 5_000);
    }
    const { broadcast } = this.#open.get(key) ?? this.#begin(key, place);
    await broadcast.known(HLS_READY_MS);
    if (broadcast.tracks !== undefined) return broadcast;
    const { isOver } = broadcast;
    if (this.#open.get(key)?.broadcast === broadcast) this.#leave(key);
    return isOver
      ? problem(404, "nobody publishes a catalog under this name")
      : problem(504, "the catalog did not come in time");
  }

  #begin(key: string, { key: scopeKey, namespace }: Place): Open {
    const { registry, settings, counts, clock, log } = this.#parts;
    const scope = registry.enter(scopeKey);
    const named = log.with({ namespace: namespaceText(namespace), path: scope.path });
    const budget = this.#budget;
    const broadcast = new HlsBroadcast({
      ...{ scope, namespace, settings, budget, counts, clock },
      log: named,
    });
    // Nobody fills the log by asking for names that nobody has.
    void broadcast.known(HLS_READY_MS).then(() => {
      if (broadcast.tracks !== undefined) named.info("HLS begins");
    });
    const leave = () => {
      broadcast.close();
      registry.leave(scopeKey);
      if (broadcast.tracks !== undefined) named.info("HLS ends");
    };
    const open = { broadcast, leave };
    this.#open.set(key, open);
    this.#look();
    return open;
  }

  #leave(key: string): void {
    const open = this.#open.get(key);
    this.#open.delete(key);
    open?.leave();
  }

  /** Leaves what nobody asks for, from time to time. */
  #look(): void {
    const { clock, settings } = this.#parts;
    this.#looking ??= clock.after(HLS_LOOK_MS, () => {
      this.#looking = undefined;
      const since = clock.now() - settings.idleMs;
      for (const [key, { broadcast }] of [...this.#open]) {
        if (broadcast.leaveIdle(since)) this.#leave(key);
      }
      if (this.#open.size > 0) this.#look();
    });
  }
}

/** Playlists of broadcasts, and the playlist that they have of each track. */
const INDEXES: ReadonlyMap<string, string> = new Map([
  ["index.m3u8", "media.m3u8"],
  ["rewind.m3u8", "past.m3u8"],
]);

function indexOf({ tracks = [] }: HlsBroadcast, playlist: string, query: string): Response {
  if (tracks.length === 0) return problem(404, "no track of this broadcast can be played as MP4");
  const offered = tracks.map((track) => ({
    track,
    uri: `${encodeURIComponent(track.name)}/${playlist}${query}`,
  }));
  return answer(multivariantPlaylist(offered), {
    type: "application/vnd.apple.mpegurl",
    cache: "public, max-age=1",
  });
}

const NO_NAME = () => problem(404, "there is /hls/NAME/index.m3u8");
