import type { FullTrackName, Namespace } from "@qumo/shared/wire";
import type { Refusal } from "../errors.ts";
import type { TrackEntry } from "../sources/track_entry.ts";
import type { Publisher } from "../sources/publisher.ts";

import type { Advertisements } from "./advertisements.ts";
import type { Claims } from "./claims.ts";
import type { ReplacementPolicy } from "../../vocabulary/mod.ts";

/** The dependencies of {@linkcode Candidates}. */
export interface CandidatesParts {
  readonly advertised: Advertisements;
  readonly claims: Claims;
  readonly policyOf: (namespace: Namespace) => ReplacementPolicy;
}

/**
 * Selects the publishers that a track is requested from, and those that may claim it: by announced
 * namespaces, by previous takeovers, and by the policy for several publishers of one name.
 */
export class Candidates {
  readonly #advertised: Advertisements;
  readonly #claims: Claims;
  readonly #policyOf: (namespace: Namespace) => ReplacementPolicy;
  /** The publisher of last resort, for tracks without a known publisher. */
  elsewhere: Publisher | undefined;

  constructor({ advertised, claims, policyOf }: CandidatesParts) {
    this.#advertised = advertised;
    this.#claims = claims;
    this.#policyOf = policyOf;
  }

  /** Local publishers, or the remote ones if there is no local one, without `except`. */
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

  /** Local publishers that have not lost the track to another. */
  localPublishersOf(name: FullTrackName): Publisher[] {
    return this.#advertised.localPublishersOf(name).filter((one) => !this.isOut(one, name));
  }

  /** Whether by the policy a track is requested from one publisher only. */
  isForOne({ namespace }: FullTrackName): boolean {
    return this.#policyOf(namespace) === "refuse";
  }

  /** Whether a publisher has lost a track to another one that is still connected. */
  isOut(publisher: Publisher, name: FullTrackName, except?: Publisher): boolean {
    return this.#claims.winnersOver(publisher, name, except).length > 0;
  }

  /**
   * The publishers to ask when the candidates do not have a track: those that lost it, then remote
   * ones.
   */
  lastResortsOf(name: FullTrackName): Publisher[] {
    const local = this.#advertised.localPublishersOf(name)
      .filter((one) => this.isForOne(name) || this.isOut(one, name));
    const remote = this.#advertised.remotePublishersOf(name);
    const elsewhere = remote.length > 0 || this.elsewhere === undefined ? [] : [this.elsewhere];
    return [...local, ...remote, ...elsewhere];
  }

  /**
   * The remote publishers to ask when the local candidates deliver nothing: all except those that
   * lost the track. By policy the later one need not be the loser.
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

  /**
   * Why a publisher may not offer a track, by the policy or because it lost the track; undefined
   * when it may.
   */
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
