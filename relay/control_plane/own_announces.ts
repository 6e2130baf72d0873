import {
  announcesDigest,
  canonicalTrackText,
  MAX_ANNOUNCE_BYTES_PER_RELAY,
  MAX_ANNOUNCES_PER_RELAY,
} from "@qumo/shared/topology";

const encoder = new TextEncoder();

/**
 * What this relay's own publishers have, each text as often as it was said. The controller is told the
 * oldest ones up to what a registration may have; the others wait until there is room.
 */
export class OwnAnnounces {
  readonly #counts = new Map<string, number>();
  #version = 0;
  #told: { version: number; texts: readonly string[]; digest?: string } = {
    version: -1,
    texts: [],
  };

  /** Moves on whenever the set of texts becomes another one. */
  get version(): number {
    return this.#version;
  }

  /** Adds a text; false when it cannot be announced because it is no name. */
  add(text: string): boolean {
    const canonical = canonicalTrackText(text);
    if (!canonical.ok || canonical.value === "") return false;
    const count = this.#counts.get(canonical.value) ?? 0;
    this.#counts.set(canonical.value, count + 1);
    if (count === 0) this.#version++;
    return true;
  }

  /** Takes one back that was added. */
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

  /** What the controller is told. */
  get told(): readonly string[] {
    if (this.#told.version !== this.#version) {
      this.#told = { version: this.#version, texts: this.#fitting() };
    }
    return this.#told.texts;
  }

  /** The fingerprint of what it is told. */
  get digest(): string {
    const texts = this.told;
    return this.#told.digest ??= announcesDigest(texts);
  }

  /** How many texts do not fit. */
  get untold(): number {
    return this.#counts.size - this.told.length;
  }

  #fitting(): readonly string[] {
    const texts: string[] = [];
    let bytes = 0;
    for (const text of this.#counts.keys()) {
      // Two quotes and a comma around what JSON makes of it.
      bytes += encoder.encode(JSON.stringify(text)).length + 1;
      if (bytes > MAX_ANNOUNCE_BYTES_PER_RELAY || texts.length >= MAX_ANNOUNCES_PER_RELAY) break;
      texts.push(text);
    }
    return texts;
  }
}
