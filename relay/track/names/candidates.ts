import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { TrackEntry } from "../sources/feeds.ts";
import type { Publisher } from "../sources/publisher.ts";

import type { Advertisements } from "./advertisements.ts";
import type { Claims } from "./claims.ts";
import type { ReplacementPolicy } from "../../vocabulary.ts";

/** What {@linkcode Candidates} go by. */
export interface CandidatesParts {
  readonly advertised: Advertisements;
  readonly claims: Claims;
  readonly policyOf: (namespace: Namespace) => ReplacementPolicy;
}

/**
 * Which publishers a track is asked of, and which may claim it: by who announces its namespace, by who
 * lost it to another, and by the policy for several publishers of one name.
 */
export class Candidates {
  readonly #advertised: Advertisements;
  readonly #claims: Claims;
  readonly #policyOf: (namespace: Namespace) => ReplacementPolicy;
  /** Who is asked for what nobody is known to publish. */
  elsewhere: Publisher | undefined;

  constructor({ advertised, claims, policyOf }: CandidatesParts) {
    this.#advertised = advertised;
    this.#claims = claims;
    this.#policyOf = policyOf;
  }

  /** Publishers here, and only if there are none, those elsewhere, without `except`. */
  publishersOf(name: FullTrackName, except?: Publisher): Publisher[] {
    const isIn = (one: Publisher) => one !== except && !this.isOut(one, name, except);
    const local = this.isForOne(name)
      ? this.#advertised.firstLocalOf(name, isIn)
      : this.#advertised.localPublishersOf(name).filter(isIn);
    if (local.length > 0) return local;
    const remote = this.#advertised.remotePublishersOf(name, except).filter(isIn);
    if (remote.length > 0 || this.elsewhere === except) return remote;
    return this.elsewhere === undefined ? [] : [this.elsewhere];
  }

  /** Publishers here that have not lost the track. */
  localPublishersOf(name: FullTrackName): Publisher[] {
    return this.#advertised.localPublishersOf(name).filter((one) => !this.isOut(one, name));
  }

  /** Whether a track that one publisher has is not asked of another, by the policy. */
  isForOne({ namespace }: FullTrackName): boolean {
    return this.#policyOf(namespace) === "refuse";
  }

  /** Whether a publisher has lost a track to another that is still there. */
  isOut(publisher: Publisher, name: FullTrackName, except?: Publisher): boolean {
    return this.#claims.winnersOver(publisher, name, except).length > 0;
  }

  /** Who is asked when those who should have a track do not: the ones they prevailed over, then elsewhere. */
  lastResortsOf(name: FullTrackName): Publisher[] {
    const local = this.#advertised.localPublishersOf(name)
      .filter((one) => this.isForOne(name) || this.isOut(one, name));
    const remote = this.#advertised.remotePublishersOf(name);
    const elsewhere = remote.length > 0 || this.elsewhere === undefined ? [] : [this.elsewhere];
    return [...local, ...remote, ...elsewhere];
  }

  /**
   * Who elsewhere is asked for a track that those here should have, and of which nothing comes: all but
   * who has lost it. By policy the later one may be another than who lost it.
   */
  elsewhereOf({ track: { name }, since }: TrackEntry): Publisher[] {
    const isNewest = this.#policyOf(name.namespace) === "newest";
    const later = isNewest ? this.#advertised.laterElsewhere(name, since) : [];
    const others = this.#advertised.remotePublishersOf(name).filter((one) =>
      !this.isOut(one, name)
    );
    return [...new Set([...later, ...others])];
  }

  /** Why a publisher may not claim a namespace; undefined when it may. */
  refusalOfNamespace(namespace: Namespace, publisher: Publisher): Refusal | undefined {
    if (this.#policyOf(namespace) !== "refuse") return undefined;
    return this.#advertised.isTaken(namespace, publisher) ? TAKEN : undefined;
  }

  /** Why a publisher may not offer a track: by the policy, or since it has lost it to another. */
  refusalOfTrack({ track, feeds }: TrackEntry, publisher: Publisher): Refusal | undefined {
    const { name } = track;
    const others = feeds.publishers.some((one) => one !== publisher);
    if (others && this.#policyOf(name.namespace) === "refuse") return TAKEN;
    return this.#claims.winnersOver(publisher, name).some((one) => feeds.has(one))
      ? TAKEN
      : undefined;
  }
}

const TAKEN: Refusal = { kind: "uninterested", reason: "another session publishes it" };
