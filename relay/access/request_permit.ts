import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { AuthorizationRequest, Permit, ShownToken } from "../session/rights.ts";
import type { AskedName, Policy, Right } from "./policy.ts";
import type { Bearer, PresentRequest } from "./present.ts";
import type { Denial } from "./denial.ts";

/** What a request needs: for one name, or for any under a prefix. */
export interface Need {
  readonly right: Right;
  readonly name: AskedName;
  readonly isPrefix: boolean;
}

/** What each action needs. */
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

/** The rights of the session that a permit belongs to. */
export interface PermitRights extends Bearer {
  shows(namespace: Namespace, permit: RequestPermit): boolean;
  offers(track: FullTrackName, permit: RequestPermit): RequestPermit | undefined;
  isAllowed(permit: RequestPermit): boolean;
  /** Why a request is not allowed. */
  denialOf(permit: RequestPermit): Denial;
  verify(tokens: readonly ShownToken[]): Promise<Outcome<Policy[], Denial>>;
  /** Ends a permit when that is no longer allowed. */
  watch(permit: RequestPermit): void;
  /** Ends a permit now. */
  cut(permit: RequestPermit, denial: Denial): void;
  forget(permit: RequestPermit): void;
}

/** What allows one request: the session's policies, and those of its own tokens. */
export class RequestPermit implements Permit, PresentRequest {
  static #last = 0;
  readonly number = ++RequestPermit.#last;
  readonly bearer: PermitRights;
  readonly need: Need;
  /** The fields of its name, those of the path first. */
  readonly fields: Namespace;
  own: readonly Policy[];
  #tell: ((refusal: Denial) => void) | undefined;
  #tellChanged: (() => void) | undefined;

  constructor(bearer: PermitRights, need: Need, own: readonly Policy[]) {
    this.bearer = bearer;
    this.need = need;
    this.fields = [...need.name.path, ...need.name.namespace];
    this.own = own;
  }

  get receives(): boolean {
    return this.need.right === "subscribe" || this.need.right === "fetch";
  }

  get publishes(): boolean {
    return this.need.right === "publish" || this.need.right === "announce";
  }

  shows(namespace: Namespace): boolean {
    return this.bearer.shows(namespace, this);
  }

  offers(track: FullTrackName): Permit | undefined {
    return this.bearer.offers(track, this);
  }

  onLost(tell: (refusal: Denial) => void): void {
    this.#tell = tell;
    this.bearer.watch(this);
  }

  onChange(tell: () => void): void {
    this.#tellChanged = tell;
  }

  async renew(tokens: readonly ShownToken[]): Promise<Outcome<void, Denial>> {
    if (tokens.length === 0) return done(undefined);
    const shown = await this.bearer.verify(tokens);
    if (!shown.ok) return shown;
    // What is shown last replaces what was shown before, if it is enough.
    const before = this.own;
    this.own = shown.value;
    if (!this.bearer.isAllowed(this)) {
      const denial = this.bearer.denialOf(this);
      this.own = before;
      return refused(denial);
    }
    if (this.#tell === undefined) return done(undefined);
    this.bearer.watch(this);
    this.changed();
    return done(undefined);
  }

  release(): void {
    this.#tell = undefined;
    this.#tellChanged = undefined;
    this.bearer.forget(this);
  }

  cut(denial: Denial): void {
    this.bearer.cut(this, denial);
  }

  /** What it shows may be other than before. */
  changed(): void {
    this.#tellChanged?.();
  }

  /** The request is no longer allowed. */
  end(denial: Denial): void {
    const tell = this.#tell;
    this.#tell = undefined;
    this.#tellChanged = undefined;
    tell?.(denial);
  }
}
