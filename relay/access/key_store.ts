import {
  type Clock,
  fetchFailure,
  type FileAccess,
  type Log,
  type Timer,
} from "@qumo/shared/runtime";
import { boundedFetch } from "./bounded_fetch.ts";
import { readKeys, type VerifyingKey } from "./keys.ts";
import { KEY_FETCH_TIMEOUT_MS, KEY_MISS_PAUSE_MS, MAX_KEY_BYTES, MAX_KEYS } from "./limits.ts";

/** Where keys come from, and how they are read. */
export interface KeyStoreParts {
  /** Paths of files, and URLs. */
  readonly sources: readonly string[];
  readonly files: Pick<FileAccess, "readText">;
  /** What URLs are read with. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  /** How long after one look the next one follows. */
  readonly reloadMs: number;
  /** How often keys changed, and how often they could not be read. */
  readonly reloads: Record<"ok" | "refused", number>;
}

/** The keys of one file or URL. */
interface Source {
  readonly place: string;
  readonly isUrl: boolean;
  /** What the keys were read from. */
  text: string | undefined;
  keys: readonly VerifyingKey[];
  isRefused: boolean;
}

/** The keys of files and URLs, looked at again and again; what cannot be read leaves the former keys. */
export class KeyStore {
  readonly #parts: KeyStoreParts;
  #sources: readonly Source[];
  #current: readonly VerifyingKey[] = [];
  #timer: Timer | undefined;
  // The look that is under way, which the next one follows.
  #turn: Promise<void> = Promise.resolve();
  #miss: { readonly at: number; readonly looked: Promise<void> } | undefined;
  #isClosed = false;

  /**
   * Reads all keys. Rejects with an Error for the operator when a file has none; a URL may answer
   * later, and until then nobody comes in with its keys.
   */
  static async open(parts: KeyStoreParts): Promise<KeyStore> {
    const store = new KeyStore(parts);
    store.#sources = await store.#open(parts.sources);
    store.#gather();
    store.#sleep();
    return store;
  }

  private constructor(parts: KeyStoreParts) {
    this.#parts = parts;
    this.#sources = [];
  }

  /** The keys that count now; another list when they have changed. */
  get current(): readonly VerifyingKey[] {
    return this.#current;
  }

  /** Looks at all sources now, side by side. */
  reload(): Promise<void> {
    return this.#turn = this.#turn.then(() => this.#look());
  }

  /**
   * Reads the keys of other sources; returns what puts them in the place of the former ones. Rejects
   * when a file has none.
   */
  async prepare(sources: readonly string[]): Promise<() => void> {
    const next = await this.#open(sources);
    return () => {
      this.#sources = next;
      this.#replaced();
    };
  }

  /**
   * A token names a key that is not there: whoever signs may have begun to use it before the next
   * look. Looks now, but not again and again for tokens that name what never was.
   */
  missed(): Promise<void> {
    const now = this.#parts.clock.now();
    if (this.#miss === undefined || now - this.#miss.at >= KEY_MISS_PAUSE_MS) {
      this.#miss = { at: now, looked: this.reload() };
    }
    return this.#miss.looked;
  }

  async #look(): Promise<void> {
    if (this.#isClosed) return;
    const read = this.#sources.map((source) => this.#read(source, { isFirst: false }));
    const isChanged = (await Promise.all(read)).includes(true);
    if (isChanged && !this.#isClosed) this.#replaced();
  }

  async #open(places: readonly string[]): Promise<readonly Source[]> {
    const sources = places.map(newSource);
    const read = sources.map((source) => this.#read(source, { isFirst: true }));
    const failed = (await Promise.allSettled(read)).find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    return sources;
  }

  #replaced(): void {
    this.#gather();
    this.#parts.reloads.ok++;
    this.#parts.log.info("keys of tokens replaced", { keys: this.#current.length });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  #sleep(): void {
    const { clock, reloadMs } = this.#parts;
    this.#timer = clock.after(reloadMs, () => {
      void this.reload().then(() => this.#isClosed || this.#sleep());
    });
  }

  #gather(): void {
    const all = this.#sources.flatMap(({ keys }) => keys);
    this.#current = all.slice(0, MAX_KEYS);
    if (all.length <= MAX_KEYS) return;
    this.#parts.log.warn("not all keys of tokens are used", { keys: all.length, limit: MAX_KEYS });
  }

  /** Reads a source; true when its keys are others than before. */
  async #read(source: Source, { isFirst }: { isFirst: boolean }): Promise<boolean> {
    try {
      const text = await this.#textOf(source);
      const isChanged = text !== source.text;
      if (isChanged) source.keys = await readKeys(text);
      source.text = text;
      source.isRefused = false;
      return isChanged;
    } catch (error) {
      const reason = `${placeText(source.place)}: ${fetchFailure(error)}`;
      if (isFirst && !source.isUrl) throw new Error(reason);
      if (!source.isRefused && !this.#isClosed) {
        this.#parts.reloads.refused++;
        this.#parts.log.warn("cannot read keys of tokens, the former ones stay in use", { reason });
      }
      source.isRefused = true;
      return false;
    }
  }

  async #textOf({ place, isUrl }: Source): Promise<string> {
    const { files, fetch, clock } = this.#parts;
    if (!isUrl) return await files.readText(place);
    const bounds = { fetch, clock, timeoutMs: KEY_FETCH_TIMEOUT_MS, maxBytes: MAX_KEY_BYTES };
    const { status, text } = await boundedFetch(place, {}, bounds);
    if (status !== 200) throw new Error(`the answer is ${status}`);
    return text;
  }
}

function newSource(place: string): Source {
  return { place, isUrl: /^https?:/.test(place), text: undefined, keys: [], isRefused: false };
}

/** A query may have a secret in it, and a URL the password of whoever reads it. */
function placeText(place: string): string {
  return place.split("?")[0]!.replace(/^(https?:\/\/)[^/]*@/, "$1");
}
