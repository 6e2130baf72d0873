import { done } from "@qumo/shared/runtime";
import {
  compareLocations,
  type ControlMessageOf,
  type FullTrackName,
  type GroupOrder,
  type Location,
} from "@qumo/shared/wire";
import {
  type FetchAnswer,
  type PastSource,
  type Refusal,
  sendOrder,
  type TrackEntry,
} from "../../../track/mod.ts";
import { isTransportEnd } from "../../errors.ts";
import { deliverInTime } from "./deliver_in_time.ts";
import { FetchDelivery, type FetchDeliveryContext } from "./fetch_delivery.ts";
import {
  BACKWARDS,
  isBackwards,
  NOTHING_PUBLISHED,
  rangeAt,
  upTo,
  wantedOf,
  type WantedRange,
} from "./fetch_wanted.ts";
import { joiningRange } from "./joining_range.ts";
import { RangeFilters } from "../requests/range_filters.ts";
import type { RequestChannel } from "../requests/requests.ts";
import { checkName } from "../../connection/reserved.ts";
import { sayProperties } from "./say_properties.ts";
import type { SubscriptionTable } from "./subscription_table.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Configured, Permission, RequestNames } from "../connection/facets.ts";
import { INEXPRESSIBLE_ANSWER } from "../requests/answers.ts";
import { subjectOf } from "../requests/subject.ts";
import { followUpdates, type UpdateContext } from "../requests/updates.ts";

/** The interfaces that {@linkcode FetchServer} uses of its session. */
export type FetchServerContext =
  & FetchDeliveryContext
  & RequestNames
  & Permission
  & Configured
  & UpdateContext;

const DEFAULT_PRIORITY = 128;

/** What a fetch wants, and what allows it. */
type AllowedRange = WantedRange & { readonly permit: RequestPermit };

/** Serves FETCH: from the cache as far as possible, then from a publisher. */
export class FetchServer {
  readonly #context: FetchServerContext;
  readonly #subscriptions: SubscriptionTable;
  readonly #active = new Set<FetchDelivery>();

  constructor(context: FetchServerContext, subscriptions: SubscriptionTable) {
    this.#context = context;
    this.#subscriptions = subscriptions;
  }

  /** Answers a FETCH and delivers what it asks for, unless that is refused. */
  async fetch(
    stream: RequestChannel,
    message: ControlMessageOf<"fetch">,
  ): Promise<Refusal | undefined> {
    const { limits } = this.#context.settings;
    if (this.#active.size >= limits.maxFetches) {
      return {
        kind: "excessive_load",
        reason: `more than ${limits.maxFetches} fetches`,
        retryAfter: 1_000,
      };
    }
    const filters = RangeFilters.NONE.after(message.parameters, this.#context.draft.varint);
    if (!filters.ok) return filters.refusal;
    const delivery = new FetchDelivery(this.#context, {
      filter: filters.value.ofObjects,
      requestId: message.requestId,
      order: message.parameters.groupOrder ?? "ascending",
      sendOrder: this.#sendOrder(message.parameters),
      subject: subjectOf(message),
      via: message.parameters.meshHops ?? [],
    });
    this.#active.add(delivery);
    stream.onStopped(() => delivery.cancel("cancelled"));
    const permit = Promise.withResolvers<RequestPermit | undefined>();
    this.#context.tasks.spawn(
      "fetch updates",
      () => this.#follow(stream, message, { delivery, permit: permit.promise }),
    );
    try {
      const wanted = await this.#wanted(message);
      if ("kind" in wanted) return wanted;
      permit.resolve(wanted.permit);
      return await this.#deliverAllowed(stream, message, wanted, delivery);
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
      stream.cancel("cancelled");
      return undefined;
    } finally {
      permit.resolve(undefined);
      delivery.cancel("internal_error");
      this.#active.delete(delivery);
    }
  }

  /** Delivers for as long as that is allowed. */
  async #deliverAllowed(
    stream: RequestChannel,
    message: ControlMessageOf<"fetch">,
    wanted: AllowedRange,
    delivery: FetchDelivery,
  ): Promise<Refusal | undefined> {
    const { permit } = wanted;
    let lost: Refusal | undefined;
    permit.onLost((refusal) => {
      lost = refusal;
      delivery.cancel("expired_auth_token");
    });
    try {
      const refusal = await this.#deliver(stream, message, wanted, delivery);
      return refusal && (lost ?? refusal);
    } finally {
      permit.release();
    }
  }

  /** Cancels all fetches; called when the session ends. */
  close(): void {
    for (const delivery of [...this.#active]) delivery.cancel("session_closed");
  }

  /** Answers updates, and notices when the peer gives the fetch up. */
  async #follow(
    stream: RequestChannel,
    { parameters }: ControlMessageOf<"fetch">,
    { delivery, permit }: {
      readonly delivery: FetchDelivery;
      readonly permit: Promise<RequestPermit | undefined>;
    },
  ): Promise<void> {
    const end = await followUpdates(this.#context, stream, {
      of: "fetch",
      // An update may come before the request was looked at.
      permit: { renew: async (tokens) => await (await permit)?.renew(tokens) ?? done(undefined) },
      update: ({ subscriberPriority }) => {
        if (subscriberPriority !== undefined) {
          delivery.sendOrder = this.#sendOrder({ ...parameters, subscriberPriority });
        }
        return done({});
      },
    });
    if (end !== "broken_off") return;
    delivery.cancel("cancelled");
    stream.cancel("cancelled");
  }

  async #wanted(message: ControlMessageOf<"fetch">): Promise<AllowedRange | Refusal> {
    const { range, parameters } = message;
    const wanted = range.type === "relative_joining" || range.type === "absolute_joining"
      ? await joiningRange(this.#subscriptions, range, message.requestId)
      : wantedOf(range, parameters.filter);
    if ("kind" in wanted) return wanted;
    const { name } = wanted;
    const outcome = await this.#context.access.authorize(
      "fetch",
      { namespace: name.namespace, track: name, scope: parameters.meshScope },
      parameters.authorizationTokens,
    );
    if (!outcome.ok) return outcome.refusal;
    return checkName(name) ?? { ...wanted, permit: outcome.value };
  }

  async #deliver(
    stream: RequestChannel,
    message: ControlMessageOf<"fetch">,
    wanted: WantedRange,
    delivery: FetchDelivery,
  ): Promise<Refusal | undefined> {
    const found = this.#context.scopes.of(message, this.#context.scope);
    if (!found.ok) return found.refusal;
    const scope = found.value;
    await scope.lookUp(wanted.name);
    const entry = scope.find(wanted.name);
    const source = scope.sourceOf(wanted.name);
    if (entry?.feeds.established) {
      return await this.#fromCache(stream, message, wanted, delivery, entry, source);
    }
    if (source === undefined) return NO_PUBLISHER;
    return await this.#fromPublisher(stream, message, wanted, delivery, source);
  }

  async #fromCache(
    stream: RequestChannel,
    message: ControlMessageOf<"fetch">,
    wanted: WantedRange,
    delivery: FetchDelivery,
    { track }: TrackEntry,
    publisher: PastSource | undefined,
  ): Promise<Refusal | undefined> {
    const { largest } = track;
    const range = wanted.range(largest);
    if (largest === undefined || range === undefined) return NOTHING_PUBLISHED;
    if (compareLocations(range.start, largest) > 0) {
      return { kind: "invalid_range", reason: "the range has not begun" };
    }
    if (isBackwards(range)) return BACKWARDS;
    const { end } = upTo(range, largest);
    const endOfTrack = isEndOfTrack(track.extent.end, end);
    const answer = { end, endOfTrack, properties: track.propertyBlock, name: track.name };
    const refusal = this.#accept(stream, message, answer);
    if (refusal !== undefined) return refusal;
    const { fillTimeout } = message.parameters;
    await deliverInTime(this.#context, delivery, {
      track,
      range: { start: range.start, end },
      publisher,
      fillTimeout,
    });
    stream.finish();
    return undefined;
  }

  async #fromPublisher(
    stream: RequestChannel,
    message: ControlMessageOf<"fetch">,
    wanted: WantedRange,
    delivery: FetchDelivery,
    publisher: PastSource,
  ): Promise<Refusal | undefined> {
    const range = await rangeAt(publisher, wanted, message.parameters.meshHops);
    if (!range.ok) return range.refusal;
    const fetching = delivery.fromPublisher(publisher, wanted.name, range.value);
    const answer = await fetching.answer;
    if (!answer.ok) {
      delivery.cancel("internal_error");
      return answer.refusal;
    }
    const refusal = this.#accept(stream, message, { ...answer.value, name: wanted.name });
    if (refusal !== undefined) {
      delivery.cancel("internal_error");
      return refusal;
    }
    await delivery.finishFrom(fetching);
    stream.finish();
    return undefined;
  }

  /** Answers with FETCH_OK, unless the peer's version of the protocol cannot say it. */
  #accept(
    stream: RequestChannel,
    { parameters: { includeProperties } }: ControlMessageOf<"fetch">,
    { end, endOfTrack, properties: block, name }: FetchAnswer & { readonly name: FullTrackName },
  ): Refusal | undefined {
    const { metrics } = this.#context;
    const isWanted = includeProperties !== false;
    const properties = sayProperties(this.#context, name, isWanted ? block : undefined);
    if (!properties.ok) return properties.refusal;
    const answer = { endOfTrack, end, parameters: {}, properties: properties.value };
    if (!stream.trySend({ kind: "fetchOk", ...answer })) return INEXPRESSIBLE_ANSWER;
    metrics.requests.fetch.ok++;
    return undefined;
  }

  #sendOrder(
    parameters: { subscriberPriority?: number; groupOrder?: GroupOrder },
  ): number {
    return sendOrder({
      subscriberPriority: parameters.subscriberPriority ?? DEFAULT_PRIORITY,
      publisherPriority: DEFAULT_PRIORITY,
      order: parameters.groupOrder ?? "ascending",
      groupOrdinal: 0,
      subgroup: 0n,
    });
  }
}

const NO_PUBLISHER: Refusal = { kind: "does_not_exist", reason: "nobody publishes the track" };

function isEndOfTrack(trackEnd: Location | undefined, end: Location): boolean {
  // The object that marks the end may itself be the last one.
  return trackEnd !== undefined && trackEnd.group === end.group &&
    trackEnd.object <= end.object + 1n;
}
