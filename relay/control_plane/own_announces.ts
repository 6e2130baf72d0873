import {
  announcesDigest,
  canonicalTrackText,
  MAX_ANNOUNCE_BYTES_PER_RELAY,
  MAX_ANNOUNCES_PER_RELAY,
} from "@qumo/shared/topology";

const encoder = new TextEncoder();

/**
 * The announces of local publishers, counted by text. The oldest ones, as many as a registration
 * may have, are sent to the controller; the others wait for room.
 */
export class OwnAnnounces {
  readonly #counts = new Map<string, number>();
  #version = 0;
  #told: { version: number; texts: readonly string[]; digest?: string } = {
    version: -1,
    texts: [],
  };

  /** A number that changes whenever the set of texts changes. */
  get version(): number {
    return this.#version;
  }

  /** Adds a text; returns false when it is not a valid announce. */
  add(text: string): boolean {
    const canonical = canonicalTrackText(text);
    if (!canonical.ok || canonical.value === "") return false;
    const count = this.#counts.get(canonical.value) ?? 0;
    this.#counts.set(canonical.value, count + 1);
    if (count === 0) this.#version++;
    return true;
  }

  /** Removes a text that was added. */
  remove(text: string): void {
    const canonical = canonicalTrackText(text);
    const count = canonical.ok ? this.#counts.get(canonical.value) : undefined;
    if (!canonical.ok || count === undefined) return;
    if (count > 1) {
      this.#counts.set(canonical.value, count - 1);
      return;
    }
    this.#counts.delete(canonical.value);
    this.#version++;
  }

  /** The announces that are sent to the controller. */
  get told(): readonly string[] {
    if (this.#told.version !== this.#version) {
      this.#told = { version: this.#version, texts: this.#fitting() };
    }
    return this.#told.texts;
  }

  /** The digest of the announces that are sent to the controller. */
  get digest(): string {
    const texts = this.told;
    return this.#told.digest ??= announcesDigest(texts);
  }

  /** Number of texts that do not fit into a registration. */
  get untold(): number {
    return this.#counts.size - this.told.length;
  }

  #fitting(): readonly string[] {
    const texts: string[] = [];
    let bytes = 0;
    for (const text of this.#counts.keys()) {
      // JSON adds two quotes and a comma.
      bytes += encoder.encode(JSON.stringify(text)).length + 1;
      if (bytes > MAX_ANNOUNCE_BYTES_PER_RELAY || texts.length >= MAX_ANNOUNCES_PER_RELAY) break;
      texts.push(text);
    }
    return texts;
  }
}
