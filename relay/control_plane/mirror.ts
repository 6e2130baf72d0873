import { StaleMap, StaleSet } from "./stale_map.ts";
import { MAX_MIRRORED_ANNOUNCES, MAX_MIRRORED_RELAYS } from "./limits.ts";
import type { Announce, MirrorEvent } from "./mirror_event.ts";
import type { MirroredRelay, MirrorListener, MirrorView, NextHopLine } from "./mirror_view.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * A copy of the controller's state of the other relays, updated event by event. A snapshot never
 * removes entries by itself: those that it does not contain become stale, and
 * {@linkcode Mirror.settle} removes them later. So a controller that has restarted and knows nothing
 * yet interrupts no track.
 */
export class Mirror implements MirrorView {
  readonly #own: string;
  readonly #wants: (text: string) => boolean;
  readonly #relays = new StaleMap<MirroredRelay>();
  readonly #nextHops = new StaleMap<NextHopLine>();
  readonly #announces = new Map<string, StaleSet>();
  readonly #listeners = new Set<MirrorListener>();
  #announceCount = 0;
  #revision = 0;
  #isComplete = false;
  #isFollowed = false;
  // Targets of next hops in the snapshot that is being received; at `ready` they are the whole
  // table.
  #named: Set<string> | undefined;

  /**
   * `own` is this relay's name: the mirror leaves out its own entries, and announces that `wants` does
   * not want.
   */
  constructor(own: string, wants: (text: string) => boolean = () => true) {
    this.#own = own;
    this.#wants = wants;
  }

  get revision(): number {
    return this.#revision;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get isFollowed(): boolean {
    return this.#isFollowed;
  }

  /** The number of announces of all relays. */
  get announceCount(): number {
    return this.#announceCount;
  }

  relay(name: string): MirroredRelay | undefined {
    return this.#relays.get(name);
  }

  *names(): Iterable<string> {
    for (const name of this.#relays.keys()) if (name !== this.#own) yield name;
  }

  nextHop(target: string): NextHopLine | undefined {
    return this.#nextHops.get(target);
  }

  sources(): Iterable<string> {
    return this.#announces.keys();
  }

  announcesOf(relay: string): ReadonlySet<string> {
    return this.#announces.get(relay)?.members ?? NONE;
  }

  *announces(): Iterable<{ relay: string; text: string }> {
    for (const [relay, texts] of this.#announces) {
      for (const text of texts.members) yield { relay, text };
    }
  }

  watch(listener: MirrorListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** An event stream starts, with a snapshot or at the place where the previous one stopped. */
  begin(from: "snapshot" | "place"): void {
    this.#named = new Set();
    if (from === "place") return;
    this.#relays.markStale();
    this.#nextHops.markStale();
    for (const texts of this.#announces.values()) texts.markStale();
  }

  /** The event stream is lost: changes are unknown until the next `ready`. */
  unfollow(): void {
    this.#isFollowed = false;
  }

  /** Applies an event and its revision. Throws when it exceeds a limit of the mirror. */
  apply(event: MirrorEvent, revision?: number): void {
    if (revision !== undefined) this.#revision = revision;
    switch (event.kind) {
      case "graph":
        return this.#setRelays(event.relays);
      case "announces":
        return event.entries.forEach((one) => this.#announce(one));
      case "relay":
        return this.#setRelays([event.relay]);
      case "gone":
        return this.#gone(event.relay);
      case "announce":
        return this.#announce(event.announce);
      case "withdraw":
        return this.#withdraw(event.announce);
      case "routes":
        return this.#routes(event);
      case "ready":
        return this.#ready(event.revision);
      case "watcher":
      case "interests":
      case "history_gone":
        return;
      default:
        event satisfies never;
    }
  }

  /** Whether the mirror has entries that the last snapshot did not contain. */
  get hasStale(): boolean {
    return this.#relays.stale.size > 0 || this.#nextHops.stale.size > 0 ||
      this.#announces.values().some((texts) => texts.stale.size > 0);
  }

  /** Removes announces that are no longer wanted. */
  forgetUnwanted(): void {
    for (const [relay, texts] of [...this.#announces]) {
      for (const text of [...texts.members]) {
        if (!this.#wants(text)) this.#withdraw({ relay, text });
      }
    }
  }

  /** Removes the entries that neither the last snapshot nor a later event contained. */
  settle(): void {
    if (!this.hasStale) return;
    for (const [relay, texts] of this.#announces) {
      for (const text of texts.stale) this.#withdraw({ relay, text });
    }
    for (const name of this.#relays.stale) this.#relays.delete(name);
    for (const target of this.#nextHops.stale) this.#nextHops.delete(target);
    this.#tellChanged();
  }

  // Most events only change measured values, which the mirror does not have.
  #setRelays(relays: readonly MirroredRelay[]): void {
    let isDifferent = false;
    for (const relay of relays) {
      const known = this.#relays.get(relay.name);
      if (known === undefined && this.#relays.size >= MAX_MIRRORED_RELAYS) {
        throw new Error(`Cannot mirror more than ${MAX_MIRRORED_RELAYS} relays`);
      }
      isDifferent ||= known === undefined || !isSame(known, relay);
      this.#relays.set(relay.name, relay);
    }
    if (isDifferent) this.#tellChanged();
  }

  // The controller sends the change of the next hop itself, unless it never had one.
  #gone(relay: string): void {
    for (const text of [...this.announcesOf(relay)]) this.#withdraw({ relay, text });
    const wasKnown = this.#relays.delete(relay);
    if (this.#nextHops.stale.has(relay)) this.#nextHops.delete(relay);
    if (wasKnown) this.#tellChanged();
  }

  #announce({ relay, text }: Announce): void {
    if (relay === this.#own || !this.#wants(text)) return;
    const isNew = !this.announcesOf(relay).has(text);
    if (isNew && this.#announceCount >= MAX_MIRRORED_ANNOUNCES) {
      throw new Error(`Cannot mirror more than ${MAX_MIRRORED_ANNOUNCES} announces`);
    }
    let texts = this.#announces.get(relay);
    if (texts === undefined) this.#announces.set(relay, texts = new StaleSet());
    texts.add(text);
    if (!isNew) return;
    this.#announceCount++;
    for (const listener of this.#listeners) listener.announced(relay, text);
  }

  #withdraw({ relay, text }: Announce): void {
    const texts = this.#announces.get(relay);
    if (texts === undefined || !texts.delete(text)) return;
    if (texts.members.size === 0) this.#announces.delete(relay);
    this.#announceCount--;
    for (const listener of this.#listeners) listener.withdrawn(relay, text);
  }

  #routes({ lines, removed }: Extract<MirrorEvent, { kind: "routes" }>): void {
    for (const [target, line] of lines) {
      this.#nextHops.set(target, line);
      this.#named?.add(target);
    }
    for (const target of removed) this.#nextHops.delete(target);
    this.#tellChanged();
  }

  #ready(revision: number): void {
    const unnamed = [...this.#nextHops.keys()].filter((target) =>
      !this.#named?.has(target) && !this.#nextHops.stale.has(target)
    );
    for (const target of unnamed) this.#nextHops.delete(target);
    this.#named = undefined;
    this.#revision = revision;
    this.#isComplete = this.#isFollowed = true;
    this.#tellChanged();
  }

  #tellChanged(): void {
    for (const listener of this.#listeners) listener.changed();
  }
}

function isSame(a: MirroredRelay, b: MirroredRelay): boolean {
  return a.region === b.region && a.address === b.address && a.state === b.state &&
    a.certificateSha256 === b.certificateSha256 && a.epoch === b.epoch;
}
