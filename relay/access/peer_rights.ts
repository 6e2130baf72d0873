import {
  type Clock,
  done,
  namespaceText,
  type Outcome,
  refused,
  type Timer,
} from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { AuthorizationRequest, Permit, Rights, ShownToken } from "../session/rights.ts";
import type { SessionLimits } from "../session/settings.ts";
import { MAX_SLEEP_MS } from "./limits.ts";
import { fieldsOfUrl } from "./paths.ts";
import { allows, allowsUnder, type AskedName, type Policy, type Right } from "./policy.ts";
import type { VerifiedTokens } from "./verified_tokens.ts";
import type { Denial } from "./verifier.ts";

/** The dependencies of {@linkcode PeerRights}. */
export interface PeerRightsParts {
  /** What the peer may do by what it showed when it came, and by the configuration. */
  readonly policies: readonly Policy[];
  /** The fields of its connection's path. */
  readonly path: Namespace;
  readonly tokens: VerifiedTokens;
  readonly clock: Clock;
  /** Called for each request that was cut. */
  readonly onCut: () => void;
}

/** What a request needs: for one name, or for any under a prefix. */
interface Need {
  readonly right: Right;
  readonly name: AskedName;
  readonly isPrefix: boolean;
}

/** The right that an action needs, and whether for any name under a prefix. */
export const NEEDS: Record<AuthorizationRequest["action"], { right: Right; isPrefix: boolean }> = {
  subscribe: { right: "subscribe", isPrefix: false },
  fetch: { right: "fetch", isPrefix: false },
  track_status: { right: "status", isPrefix: false },
  publish: { right: "publish", isPrefix: false },
  publish_namespace: { right: "announce", isPrefix: false },
  // What comes under the prefix is looked at one by one.
  subscribe_namespace: { right: "see", isPrefix: true },
  subscribe_tracks: { right: "subscribe", isPrefix: true },
};

/** The rights of one peer: the policies of its tokens, for as long as these are in force. */
export class PeerRights implements Rights {
  readonly isRelay: boolean;
  readonly holder: Rights["holder"];
  readonly #parts: PeerRightsParts;
  readonly #permits = new Set<RequestPermit>();
  #policies: readonly Policy[];
  #timer: Timer | undefined;
  // When the right ends that the timer is for.
  #wakesFor = Infinity;
  #tell: ((refusal: Denial) => void) | undefined;
  #isClosed = false;

  constructor(parts: PeerRightsParts) {
    this.#parts = parts;
    this.#policies = parts.policies;
    this.holder = holderOf(parts.policies);
    this.isRelay = parts.policies.some(({ isRelay }) => isRelay);
  }

  limitsOf(configured: SessionLimits): SessionLimits {
    const own = this.#policies.filter(({ holder }) => holder.tokenId !== undefined);
    if (own.length === 0) return configured;
    const highest = (name: keyof Policy["limits"], limit: number) =>
      Math.max(...own.map(({ limits }) => Math.min(limit, limits[name] ?? limit)));
    return {
      ...configured,
      maxSubscriptions: highest("subscriptions", configured.maxSubscriptions),
      maxPublishedTracks: highest("publishedTracks", configured.maxPublishedTracks),
      maxNamespaces: highest("namespaces", configured.maxNamespaces),
      maxFetches: highest("fetches", configured.maxFetches),
    };
  }

  async authorize(
    { action, namespace, track, scope, tokens }: AuthorizationRequest,
  ): Promise<Outcome<Permit, Denial>> {
    const shown = await this.#parts.tokens.ofShown(tokens);
    if (!shown.ok) return shown;
    const path = scope === undefined ? this.#parts.path : fieldsOfUrl(scope);
    const need = { ...NEEDS[action], name: { path, namespace, track: track?.name } };
    const permit = new RequestPermit(this, need, shown.value);
    return this.isAllowed(permit) ? done(permit) : refused(this.denialOf(permit));
  }

  /** What a session may do goes by the tokens that it came with. */
  renew(): Promise<Outcome<void, Denial>> {
    return Promise.resolve(done(undefined));
  }

  onLost(tell: (refusal: Denial) => void): void {
    this.#tell = tell;
    this.#wakeFor(this.#policies);
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#tell = undefined;
    this.#permits.clear();
  }

  /** Whether a request may be told that a namespace exists. */
  shows(namespace: Namespace, { need, own }: RequestPermit): boolean {
    const name = { path: need.name.path, namespace };
    const policies = this.#inForce([...this.#policies, ...own]);
    return policies.some((policy) => allows(policy, "see", name));
  }

  /** A permit for a track that comes by a request. */
  offers(track: FullTrackName, { need, own }: RequestPermit): RequestPermit | undefined {
    const { path } = need.name;
    const name = { path, namespace: track.namespace, track: track.name };
    const permit = new RequestPermit(this, { ...NEEDS.subscribe, name }, own);
    return this.isAllowed(permit) ? permit : undefined;
  }

  /** Why a request is not allowed. */
  denialOf({ need, own }: RequestPermit): Denial {
    return this.#denial(need, own);
  }

  /** Whether a request is allowed now. */
  isAllowed({ need, own }: RequestPermit): boolean {
    const { right, name, isPrefix } = need;
    return this.#inForce([...this.#policies, ...own]).some((policy) =>
      isPrefix ? allowsUnder(policy, right, name) : allows(policy, right, name)
    );
  }

  /** The policies of further tokens. */
  verify(tokens: readonly ShownToken[]): Promise<Outcome<Policy[], Denial>> {
    return this.#parts.tokens.ofShown(tokens);
  }

  /** Ends a permit when its time has come. */
  watch(permit: RequestPermit): void {
    // Its tokens may have been verified for longer than the session lasted.
    if (this.#isClosed) return;
    this.#permits.add(permit);
    if (this.isAllowed(permit)) this.#wakeFor(permit.own);
    else this.#cut(permit);
  }

  forget(permit: RequestPermit): void {
    this.#permits.delete(permit);
    this.#leaveIfOver();
  }

  #inForce(policies: readonly Policy[]): readonly Policy[] {
    const now = this.#parts.clock.wall();
    return policies.filter(({ until }) => until > now);
  }

  /** Ends what is over, and sleeps until the next end. */
  #look(): void {
    this.#timer = undefined;
    this.#policies = this.#inForce(this.#policies);
    for (const permit of [...this.#permits]) {
      if (!this.isAllowed(permit)) this.#cut(permit);
    }
    this.#leaveIfOver();
    this.#wakeFor(this.#policies);
    for (const { own } of this.#permits) this.#wakeFor(own);
  }

  #cut(permit: RequestPermit): void {
    this.#permits.delete(permit);
    this.#parts.onCut();
    permit.end(expired([...permit.own, ...this.#parts.policies]));
  }

  #leaveIfOver(): void {
    const { policies } = this.#parts;
    if (policies.length === 0 || this.#policies.length + this.#permits.size > 0) return;
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(expired(policies));
  }

  /** Looks again when the first of these is over. */
  #wakeFor(policies: readonly Policy[]): void {
    const { clock } = this.#parts;
    for (const { until } of policies) {
      if (until === Infinity || this.#timer !== undefined && until >= this.#wakesFor) continue;
      this.#wakesFor = until;
      this.#timer?.cancel();
      // The clock of the machine may be corrected meanwhile.
      const delay = Math.min(Math.max(until - clock.wall(), 0), MAX_SLEEP_MS);
      this.#timer = clock.after(delay, () => this.#look());
    }
  }

  #denial({ right, name }: Need, shown: readonly Policy[]): Denial {
    const past = this.#parts.policies.filter(({ until }) => until <= this.#parts.clock.wall());
    if (past.some((policy) => allows(policy, right, name))) return expired(past);
    const ids = idsOf([...this.#policies, ...shown]);
    const what = `${VERBS[right]} ${namespaceText([...name.path, ...name.namespace])}`;
    const who = ids === "" ? "nothing allows the peer" : `token ${ids} does not allow`;
    return { kind: "unauthorized", reason: `${who} to ${what}` };
  }
}

/** What allows one request: the session's policies, and those of its own tokens. */
class RequestPermit implements Permit {
  readonly need: Need;
  own: readonly Policy[];
  readonly #rights: PeerRights;
  #tell: ((refusal: Denial) => void) | undefined;

  constructor(rights: PeerRights, need: Need, own: readonly Policy[]) {
    this.#rights = rights;
    this.need = need;
    this.own = own;
  }

  shows(namespace: Namespace): boolean {
    return this.#rights.shows(namespace, this);
  }

  offers(track: FullTrackName): Permit | undefined {
    return this.#rights.offers(track, this);
  }

  onLost(tell: (refusal: Denial) => void): void {
    this.#tell = tell;
    this.#rights.watch(this);
  }

  async renew(tokens: readonly ShownToken[]): Promise<Outcome<void, Denial>> {
    if (tokens.length === 0) return done(undefined);
    const shown = await this.#rights.verify(tokens);
    if (!shown.ok) return shown;
    // What is shown last replaces what was shown before, if it is enough.
    const before = this.own;
    this.own = shown.value;
    if (!this.#rights.isAllowed(this)) {
      const denial = this.#rights.denialOf(this);
      this.own = before;
      return refused(denial);
    }
    if (this.#tell !== undefined) this.#rights.watch(this);
    return done(undefined);
  }

  release(): void {
    this.#tell = undefined;
    this.#rights.forget(this);
  }

  /** The request is no longer allowed. */
  end(denial: Denial): void {
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(denial);
  }
}

const VERBS: Record<Right, string> = {
  publish: "publish",
  announce: "announce",
  subscribe: "subscribe to",
  fetch: "fetch",
  status: "ask about",
  see: "see namespaces under",
};

function expired(policies: readonly Policy[]): Denial {
  return { kind: "expired_auth_token", reason: `token ${idsOf(policies)} has expired` };
}

function idsOf(policies: readonly Policy[]): string {
  return policies.flatMap(({ holder: { tokenId } }) => tokenId ?? []).join(" ");
}

function holderOf(policies: readonly Policy[]): Rights["holder"] {
  const said = policies.find(({ holder }) => holder.tokenId !== undefined)?.holder;
  if (said === undefined) return {};
  const { subject, tenant, keyId } = said;
  return { token: idsOf(policies), subject, tenant, key: keyId };
}
