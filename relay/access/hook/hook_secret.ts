import { type FileAccess, type Log, messageOf } from "@qumo/shared/runtime";

/** What a hook knows the relay by: a word in a file, which may be replaced. */
export class HookSecret {
  readonly #path: string;
  readonly #files: Pick<FileAccess, "readText">;
  readonly #log: Log;
  #word: string | undefined;

  /** An empty path means that there is none. */
  constructor(path: string, { files, log }: { files: Pick<FileAccess, "readText">; log: Log }) {
    this.#path = path;
    this.#files = files;
    this.#log = log;
  }

  /** The word; undefined when there is none. */
  get current(): string | undefined {
    return this.#word;
  }

  /** Reads the file; what cannot be used leaves the former word. */
  async reload(): Promise<void> {
    if (this.#path === "") return;
    try {
      const word = (await this.#files.readText(this.#path)).trim();
      if (!/^[\x21-\x7e]+$/.test(word)) throw new Error("it is not one word of printable ASCII");
      this.#word = word;
    } catch (error) {
      const fields = { file: this.#path, error: messageOf(error) };
      this.#log.warn("cannot use the token file of the hook", fields);
    }
  }
}
