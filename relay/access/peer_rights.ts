import { type Clock, done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type {
  AuthorizationRequest,
  Measurable,
  Permit,
  Rights,
  ShownToken,
} from "../session/rights.ts";
import type { SessionLimits } from "../session/settings.ts";
import type { Denial } from "./denial.ts";
import { noneInForce, notAllowed } from "./denied.ts";
import { holderOf } from "./holder_text.ts";
import { fieldsOfUrl } from "./paths.ts";
import { allows, allowsUnder, type Holder, type Policy, type Right } from "./policy.ts";
import type { Loss, Present } from "./present.ts";
import { Renewals } from "./renewals.ts";
import { type Need, NEEDS, type PermitRights, RequestPermit } from "./request_permit.ts";
import { SessionPolicies } from "./session_policies.ts";
import type { Tenants } from "./tenants.ts";
import type { VerifiedTokens } from "./verified_tokens.ts";

/** What is forbidden at the moment, whatever tokens say. */
export interface Bans {
  readonly present: Present;
  readonly tenants: Pick<Tenants, "enter" | "ofUse">;
  /** Why a token of this holder counts no more; absent: it does. */
  ofHolder(holder: Holder): Denial | undefined;
  /** Why nobody may do anything with this name, which begins with the fields of the path. */
  ofName(name: Namespace): Denial | undefined;
  /** A request was ended. */
  cut(denial: Denial): void;
}

/** The dependencies of {@linkcode PeerRights}. */
export interface PeerRightsParts {
  readonly session: number;
  /** What the peer may do by what it showed when it came, and by the configuration. */
  readonly policies: readonly Policy[];
  /** The fields of its connection's path. */
  readonly path: Namespace;
  readonly tokens: Pick<VerifiedTokens, "ofShown">;
  readonly clock: Clock;
  readonly bans: Bans;
}

type Measuring = ReturnType<Tenants["enter"]>;

/** The rights of one peer: the policies of its tokens, for as long as these are in force. */
export class PeerRights implements Rights, PermitRights {
  readonly session: number;
  readonly since: number;
  readonly isRelay: boolean;
  readonly holder: Rights["holder"];
  readonly #parts: PeerRightsParts;
  // With the policies by which each is found.
  readonly #permits = new Map<RequestPermit, readonly Policy[]>();
  readonly #policies: SessionPolicies;
  readonly #renewals: Renewals;
  #tell: ((refusal: Denial) => void) | undefined;
  // Why it may do nothing any more.
  #closedBy: Denial | undefined;
  #isClosed = false;
  // What it uses counts for the first of its tenants.
  readonly #tenant: Measuring | undefined;
  #countTracks = () => 0;

  constructor(parts: PeerRightsParts) {
    const { clock, policies, session, bans } = parts;
    this.#parts = parts;
    this.session = session;
    this.since = clock.wall();
    this.holder = holderOf(policies);
    this.isRelay = policies.some(({ isRelay }) => isRelay);
    this.#policies = new SessionPolicies(policies, (policy) => this.#isInForce(policy));
    this.#renewals = new Renewals(clock, () => this.#isClosed || this.#look());
    bans.present.enter(this);
    const tenant = policies.find(({ holder }) => holder.tenant !== undefined)?.holder.tenant;
    if (tenant !== undefined) this.#tenant = bans.tenants.enter(tenant, this);
    for (const { holder } of policies) bans.present.hold(this, holder);
  }

  measured<Counts extends Measurable>(counts: Counts, tracks: () => number): Counts {
    this.#countTracks = tracks;
    return this.#tenant?.meter.counting(counts) ?? counts;
  }

  get tracks(): number {
    return this.#countTracks();
  }

  get requests(): readonly RequestPermit[] {
    return [...this.#permits.keys()];
  }

  limitsOf(configured: SessionLimits): SessionLimits {
    return this.#policies.limitsOf(configured);
  }

  async authorize(
    { action, namespace, track, scope, tokens }: AuthorizationRequest,
  ): Promise<Outcome<Permit, Denial>> {
    const shown = await this.verify(tokens);
    if (!shown.ok) return shown;
    const path = scope === undefined ? this.#parts.path : fieldsOfUrl(scope);
    const need = { ...NEEDS[action], name: { path, namespace, track: track?.name } };
    const permit = new RequestPermit(this, need, shown.value);
    if (!this.isAllowed(permit)) return refused(this.denialOf(permit));
    const overuse = this.#overuse(need.right, shown.value);
    return overuse === undefined ? done(permit) : refused(overuse);
  }

  /** What a session may do goes by the tokens that it came with. */
  renew(): Promise<Outcome<void, Denial>> {
    return Promise.resolve(done(undefined));
  }

  onLost(tell: (refusal: Denial) => void): void {
    this.#tell = tell;
    if (this.#closedBy === undefined) this.#look();
    else this.#leave(this.#closedBy);
  }

  expel(denial: Denial): Loss {
    this.#closedBy = denial;
    this.#leave(denial);
    return { requests: this.#permits.size, isOver: true };
  }

  end(denial: Denial, isMeant: (holder: Holder) => boolean): Loss {
    if (this.#parts.policies.some(({ holder }) => isMeant(holder))) return this.expel(denial);
    const meant = [...this.#permits.keys()].filter(({ own }) =>
      own.some(({ holder }) => isMeant(holder))
    );
    for (const permit of meant) this.cut(permit, denial);
    return { requests: meant.length, isOver: this.#leaveIfOver(denial) };
  }

  review(): Loss {
    this.#policies.prune();
    let requests = 0;
    for (const permit of [...this.#permits.keys()]) {
      if (this.isAllowed(permit)) {
        permit.changed();
        continue;
      }
      requests++;
      this.cut(permit, this.#whyLost(permit.need.name, permit.own));
    }
    return { requests, isOver: this.#leaveIfOver(this.#whyOver()) };
  }

  /** Whether a request may be told that a namespace exists. */
  shows(namespace: Namespace, { need, own }: RequestPermit): boolean {
    const { path } = need.name;
    if (this.#parts.bans.ofName([...path, ...namespace]) !== undefined) return false;
    return this.#allowing(own).some((policy) => allows(policy, "see", { path, namespace }));
  }

  /** A permit for a track that comes by a request. */
  offers(track: FullTrackName, { need, own }: RequestPermit): RequestPermit | undefined {
    const { path } = need.name;
    const name = { path, namespace: track.namespace, track: track.name };
    const permit = new RequestPermit(this, { ...NEEDS.subscribe, name }, own);
    return this.isAllowed(permit) ? permit : undefined;
  }

  isAllowed({ need: { right, name, isPrefix }, fields, own }: RequestPermit): boolean {
    if (this.#closedBy !== undefined || this.#parts.bans.ofName(fields) !== undefined) return false;
    return this.#allowing(own).some((policy) =>
      isPrefix ? allowsUnder(policy, right, name) : allows(policy, right, name)
    );
  }

  denialOf({ need: { right, name }, fields, own }: RequestPermit): Denial {
    const banned = this.#closedBy ?? this.#parts.bans.ofName(fields);
    if (banned !== undefined) return banned;
    const past = [...this.#parts.policies, ...own].filter((policy) => !this.#isInForce(policy));
    if (past.some((policy) => allows(policy, right, name))) return this.#whyLost(name, past);
    return notAllowed(right, fields, this.#allowing(own));
  }

  /** The policies of further tokens. */
  async verify(tokens: readonly ShownToken[]): Promise<Outcome<Policy[], Denial>> {
    const shown = await this.#parts.tokens.ofShown(tokens);
    if (!shown.ok) return shown;
    const banned = shown.value.map(({ holder }) => this.#parts.bans.ofHolder(holder))
      .find((denial) => denial !== undefined);
    return banned === undefined ? shown : refused(banned);
  }

  watch(permit: RequestPermit): void {
    // Its tokens may have been verified for longer than the session lasted.
    if (this.#isClosed) return;
    this.#forget(permit);
    const { present } = this.#parts.bans;
    this.#permits.set(permit, permit.own);
    this.#policies.use(permit.own);
    present.begin(permit.fields, permit);
    for (const { holder } of permit.own) present.hold(this, holder);
    if (this.isAllowed(permit)) this.#renewals.watch(permit.own);
    else this.cut(permit, this.#whyLost(permit.need.name, permit.own));
  }

  cut(permit: RequestPermit, denial: Denial): void {
    if (!this.#forget(permit)) return;
    this.#parts.bans.cut(denial);
    permit.end(denial);
  }

  forget(permit: RequestPermit): void {
    if (this.#forget(permit)) this.#leaveIfOver(this.#whyOver());
  }

  /** Why a tenant may make no more requests of this kind. */
  #overuse(right: Right, shown: readonly Policy[]): Denial | undefined {
    for (const { holder } of [...this.#policies.current, ...shown]) {
      const denial = this.#parts.bans.tenants.ofUse(right, holder);
      if (denial !== undefined) return denial;
    }
    return undefined;
  }

  #forget(permit: RequestPermit): boolean {
    const held = this.#permits.get(permit);
    if (held === undefined) return false;
    const { present } = this.#parts.bans;
    this.#permits.delete(permit);
    this.#policies.unuse(held);
    present.done(permit.fields, permit);
    for (const { holder } of held) present.release(this, holder);
    return true;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#renewals.stop();
    this.#tell = undefined;
    const { policies, bans: { present } } = this.#parts;
    for (const permit of [...this.#permits.keys()]) this.#forget(permit);
    for (const { holder } of policies) present.release(this, holder);
    present.leave(this);
    this.#tenant?.leave();
  }

  #isInForce({ until, holder }: Policy): boolean {
    return until > this.#parts.clock.wall() && this.#parts.bans.ofHolder(holder) === undefined;
  }

  #allowing(own: readonly Policy[]): readonly Policy[] {
    return [...this.#policies.current, ...own].filter((policy) => this.#isInForce(policy));
  }

  /** Ends what is over, renews what lasts only so, and sleeps until the next of both. */
  #look(): void {
    this.#renewals.stop();
    this.review();
    for (
      const used of [
        this.#policies.current,
        ...[...this.#permits.keys()].map(({ own }) => own),
      ]
    ) {
      this.#renewals.renew(used);
      this.#renewals.watch(used);
    }
  }

  #leaveIfOver(denial: Denial): boolean {
    const { policies } = this.#parts;
    const left = this.#policies.current.length + this.#permits.size;
    if (policies.length === 0 || left > 0) return false;
    this.#leave(denial);
    return true;
  }

  #leave(denial: Denial): void {
    const tell = this.#tell;
    this.#tell = undefined;
    tell?.(denial);
  }

  /** Why a request is no longer allowed. */
  #whyLost({ path, namespace }: Need["name"], own: readonly Policy[]): Denial {
    const { bans, policies } = this.#parts;
    const byName = this.#closedBy ?? bans.ofName([...path, ...namespace]);
    return byName ?? this.#whyNone([...own, ...policies]);
  }

  #whyOver(): Denial {
    return this.#closedBy ?? this.#whyNone(this.#parts.policies);
  }

  /** Why none of these is in force. */
  #whyNone(policies: readonly Policy[]): Denial {
    return noneInForce(policies, (holder) => this.#parts.bans.ofHolder(holder));
  }
}
