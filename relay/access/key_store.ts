import { type Clock, type FileAccess, type Log, messageOf, type Timer } from "@qumo/shared/runtime";
import { readKeys, type VerifyingKey } from "./keys.ts";
import { KEY_FETCH_TIMEOUT_MS, MAX_KEY_BYTES, MAX_KEYS } from "./limits.ts";

/** Where keys come from, and how they are read. */
export interface KeyStoreParts {
  /** Paths of files, and URLs. */
  readonly sources: readonly string[];
  readonly files: FileAccess;
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
  readonly #sources: readonly Source[];
  #current: readonly VerifyingKey[] = [];
  #timer: Timer | undefined;
  #isClosed = false;

  /**
   * Reads all keys. Rejects with an Error for the operator when a file has none; a URL may answer
   * later, and until then nobody comes in with its keys.
   */
  static async open(parts: KeyStoreParts): Promise<KeyStore> {
    const store = new KeyStore(parts);
    for (const source of store.#sources) await store.#read(source, { isFirst: true });
    store.#gather();
    store.#sleep();
    return store;
  }

  private constructor(parts: KeyStoreParts) {
    this.#parts = parts;
    this.#sources = parts.sources.map((place) => ({
      place,
      isUrl: /^https?:/.test(place),
      text: undefined,
      keys: [],
      isRefused: false,
    }));
  }

  /** The keys that count now; another list when they have changed. */
  get current(): readonly VerifyingKey[] {
    return this.#current;
  }

  /** Looks at all sources now. */
  async reload(): Promise<void> {
    let isChanged = false;
    for (const source of this.#sources) {
      isChanged = await this.#read(source, { isFirst: false }) || isChanged;
    }
    if (!isChanged || this.#isClosed) return;
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
      const reason = `${placeText(source.place)}: ${messageOf(error)}`;
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
    const { files, clock } = this.#parts;
    if (!isUrl) return await files.readText(place);
    const late = new AbortController();
    const timer = clock.after(
      KEY_FETCH_TIMEOUT_MS,
      () => late.abort(new Error("no answer in time")),
    );
    try {
      const { signal } = late;
      // Whoever can redirect must not decide which keys are good.
      const answer = await fetch(place, { signal, redirect: "error" });
      if (!answer.ok) {
        await answer.body?.cancel();
        throw new Error(`the answer is ${answer.status}`);
      }
      return await boundedText(answer);
    } finally {
      timer.cancel();
    }
  }
}

async function boundedText(answer: Response): Promise<string> {
  let [text, size] = ["", 0];
  const decoder = new TextDecoder();
  for await (const chunk of answer.body ?? []) {
    size += chunk.length;
    if (size > MAX_KEY_BYTES) throw new Error(`the answer has more than ${MAX_KEY_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** A query may have a secret in it, and a URL the password of whoever reads it. */
function placeText(place: string): string {
  return place.split("?")[0]!.replace(/^(https?:\/\/)[^/]*@/, "$1");
}
