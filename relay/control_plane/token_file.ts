import { type FileAccess, type Log, messageOf } from "@qumo/shared/runtime";

/** The bearer token for the controller, from a file that may be replaced while the relay runs. */
export class TokenFile {
  readonly #path: string;
  readonly #files: FileAccess;
  readonly #log: Log;
  #seen: number | undefined;
  #token: string | undefined;
  #isRefused = false;

  /** An empty path means that there is no token. */
  constructor(path: string, { files, log }: { files: FileAccess; log: Log }) {
    this.#path = path;
    this.#files = files;
    this.#log = log;
  }

  /** The token in the file; the previous one while the file is missing or malformed. */
  async current(): Promise<string | undefined> {
    if (this.#path === "") return undefined;
    try {
      const modified = await this.#files.modified(this.#path);
      if (modified !== this.#seen) {
        this.#token = readToken(await this.#files.readText(this.#path));
        this.#seen = modified;
      }
      this.#isRefused = false;
    } catch (error) {
      if (!this.#isRefused) {
        this.#log.warn("cannot use the token file", {
          file: this.#path,
          error: messageOf(error),
        });
      }
      this.#isRefused = true;
    }
    return this.#token;
  }
}

function readToken(text: string): string {
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new Error("it is not one word of printable ASCII");
  return token;
}
