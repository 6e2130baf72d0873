import type {
  MirroredRelay,
  MirrorListener,
  MirrorView,
  NextHopLine,
} from "../../../relay/control_plane/mod.ts";

/** What a controller knows at one moment, as one relay is told it. */
export interface Snapshot {
  readonly revision: number;
  readonly relays: ReadonlyMap<string, MirroredRelay>;
  readonly announces: ReadonlyMap<string, ReadonlySet<string>>;
  readonly nextHops: ReadonlyMap<string, NextHopLine>;
}

const NOTHING: Snapshot = {
  revision: 0,
  relays: new Map(),
  announces: new Map(),
  nextHops: new Map(),
};

const NONE: ReadonlySet<string> = new Set();

/** A mirror that is told whole snapshots, and tells its listeners what is different. */
export class ScriptedMirror implements MirrorView {
  readonly #own: string;
  readonly #listeners = new Set<MirrorListener>();
  #now = NOTHING;

  /** `own` is the relay's name: what it has itself is not in its mirror. */
  constructor(own: string) {
    this.#own = own;
  }

  get revision(): number {
    return this.#now.revision;
  }

  get isComplete(): boolean {
    return this.revision > 0;
  }

  /** The controller answers, or not any more. */
  isFollowed = true;

  relay(name: string): MirroredRelay | undefined {
    return this.#now.relays.get(name);
  }

  *names(): Iterable<string> {
    for (const name of this.#now.relays.keys()) if (name !== this.#own) yield name;
  }

  nextHop(target: string): NextHopLine | undefined {
    return this.#now.nextHops.get(target);
  }

  *sources(): Iterable<string> {
    for (const relay of this.#now.announces.keys()) {
      if (this.announcesOf(relay).size > 0) yield relay;
    }
  }

  announcesOf(relay: string): ReadonlySet<string> {
    return relay === this.#own ? NONE : this.#now.announces.get(relay) ?? NONE;
  }

  *announces(): Iterable<{ relay: string; text: string }> {
    for (const relay of this.#now.announces.keys()) {
      for (const text of this.announcesOf(relay)) yield { relay, text };
    }
  }

  watch(listener: MirrorListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** The controller said this. What is older than what is known already is not. */
  apply(snapshot: Snapshot): void {
    if (snapshot.revision <= this.revision) return;
    const before = [...this.announces()];
    const old = this.#now;
    this.#now = snapshot;
    for (const { relay, text } of before) {
      if (this.announcesOf(relay).has(text)) continue;
      for (const listener of this.#listeners) listener.withdrawn(relay, text);
    }
    const known = new Set(before.map(({ relay, text }) => `${relay} ${text}`));
    for (const { relay, text } of [...this.announces()]) {
      if (known.has(`${relay} ${text}`)) continue;
      for (const listener of this.#listeners) listener.announced(relay, text);
    }
    const isSame = sameEntries(old.relays, snapshot.relays) &&
      sameEntries(old.nextHops, snapshot.nextHops);
    if (!isSame) { for (const listener of this.#listeners) listener.changed(); }
  }
}

function sameEntries<T>(a: ReadonlyMap<string, T>, b: ReadonlyMap<string, T>): boolean {
  const text = (map: ReadonlyMap<string, T>) => JSON.stringify([...map].sort());
  return text(a) === text(b);
}
