import { done, namespaceText, type Outcome, refused } from "@qumo/shared/runtime";
import type { ControlMessageOf, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Configured, PeerNames, Permission } from "../connection/facets.ts";
import { requestOk } from "../requests/answers.ts";
import { hint, type RefuseContext } from "../requests/refuse.ts";
import type { RequestChannel } from "../requests/requests.ts";
import type { StopProbes } from "../requests/stop_probe.ts";
import {
  followUpdates,
  type Update,
  type UpdateAnswer,
  type UpdateContext,
} from "../requests/updates.ts";
import { PrefixPermit } from "./prefix_permit.ts";
import { Prefixes, type PrefixSlot } from "./prefixes.ts";

/** What {@linkcode PrefixServer} uses of its session. */
export type PrefixContext =
  & RefuseContext
  & UpdateContext
  & PeerNames
  & Permission
  & Configured
  & { readonly stops: StopProbes };

/** A request that watches what is under a prefix. */
export type PrefixRequest = ControlMessageOf<
  "subscribeNamespace" | "subscribeTracks" | "subscribePrefix"
>;

/** What one peer is offered of what is under a prefix. */
export interface PrefixOffers {
  /** Begins to tell the peer; the result ends it. */
  watch(prefix: Namespace): () => void;
  /** Why an update cannot be taken up, beside another prefix. */
  refusalOf?(update: Update): Refusal | undefined;
  /** Takes up what an update says beside another prefix. */
  updated?(update: Update): void;
}

/** What of the things under a prefix the peer may have. */
export type OfferPermit = Pick<RequestPermit, "shows" | "offers" | "onChange">;

/** Who offers something to whoever watches a prefix. */
export interface PrefixOfferer<Request extends PrefixRequest> {
  /** What is offered on this stream, once the request was agreed to, as far as its permit goes. */
  offersOn(stream: RequestChannel, message: Request, permit: OfferPermit): PrefixOffers;
  /** Why a request cannot be served; absent: it can. */
  refusalOf?(message: Request): Refusal | undefined;
}

const ACTIONS = {
  subscribeNamespace: "subscribe_namespace",
  subscribeTracks: "subscribe_tracks",
  subscribePrefix: "subscribe_namespace",
} as const;

/** By which request the parameters of an update are judged. */
const UPDATED = {
  subscribeNamespace: "subscribeNamespace",
  subscribeTracks: "subscribeTracks",
  subscribePrefix: "subscribeTracks",
} as const;

/** Serves one kind of request that watches a prefix: no two of a session may overlap. */
export class PrefixServer<Request extends PrefixRequest> {
  readonly #context: PrefixContext;
  readonly #offerer: PrefixOfferer<Request>;
  readonly #prefixes = new Prefixes();

  constructor(context: PrefixContext, offerer: PrefixOfferer<Request>) {
    this.#context = context;
    this.#offerer = offerer;
  }

  /** Answers a request and offers what it watches until it ends, unless it is refused. */
  async serve(stream: RequestChannel, message: Request): Promise<Refusal | undefined> {
    const { metrics, stops } = this.#context;
    const action = ACTIONS[message.kind];
    const refusal = this.#offerer.refusalOf?.(message);
    if (refusal !== undefined) return refusal;
    const allowed = await this.#allowed(message);
    if (!allowed.ok) return allowed.refusal;
    const slot = await this.#prefixes.take(
      message.prefix,
      () => stops.isCancelled(stream, { namespace: message.prefix }),
    );
    if ("kind" in slot) return slot;
    metrics.requests[action].ok++;
    this.#sayWatched(message);
    stream.send(requestOk());
    try {
      await this.#follow(stream, message, { slot, permit: allowed.value });
    } finally {
      allowed.value.release();
      slot.release();
      stream.finish();
    }
    return undefined;
  }

  async #allowed(
    { kind, prefix, parameters }: PrefixRequest,
  ): Promise<Outcome<PrefixPermit, Refusal>> {
    const { access, settings } = this.#context;
    const outcome = await PrefixPermit.of(
      (namespace, tokens) => access.authorize(ACTIONS[kind], { namespace }, tokens),
      prefix,
      parameters.authorizationTokens,
    );
    if (!outcome.ok) return outcome;
    const { maxNamespaceSubscriptions } = settings.limits;
    if (this.#prefixes.size < maxNamespaceSubscriptions) return outcome;
    const reason = `more than ${maxNamespaceSubscriptions} prefixes`;
    return refused({ kind: "excessive_load", reason });
  }

  /** The peer may move the request to another prefix (#updating-namespace-subscriptions). */
  async #follow(
    stream: RequestChannel,
    message: Request,
    { slot, permit }: { readonly slot: PrefixSlot; readonly permit: PrefixPermit },
  ): Promise<void> {
    const offers = this.#offerer.offersOn(stream, message, permit);
    let unwatch = offers.watch(message.prefix);
    stream.onStopped(() => unwatch());
    permit.onLost(({ reason }) => {
      this.#context.events.say("prefix cut", { prefix: namespaceText(message.prefix), reason });
      unwatch();
      stream.cancel("expired_auth_token");
    });
    try {
      await followUpdates(this.#context, stream, {
        of: UPDATED[message.kind],
        // Its tokens may be for the prefix that it moves to.
        permit: undefined,
        update: async (update) => {
          const refusal = offers.refusalOf?.(update);
          if (refusal !== undefined) return refused(refusal);
          const allowed = await permit.update(update);
          return allowed.ok ? await moved(slot, update.namespacePrefix) : allowed;
        },
        updated: (update) => {
          offers.updated?.(update);
          if (update.namespacePrefix === undefined) return;
          unwatch();
          unwatch = offers.watch(update.namespacePrefix);
        },
      });
    } finally {
      unwatch();
    }
  }

  #sayWatched({ kind, prefix }: PrefixRequest): void {
    const { scope, events } = this.#context;
    const isEmpty = !scope.hasUnder(prefix);
    events.say("prefix watched", {
      request: ACTIONS[kind],
      prefix: namespaceText(prefix),
      path: scope.path,
      ...(isEmpty && hint(this.#context, prefix)),
    });
  }
}

async function moved(slot: PrefixSlot, prefix: Namespace | undefined): Promise<UpdateAnswer> {
  const refusal = prefix && await slot.move(prefix);
  return refusal === undefined ? done({}) : refused(refusal);
}
