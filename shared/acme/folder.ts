/** A folder of secrets, which nobody else may read. */
export class SecretFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** The text of a file; undefined where there is none. Rejects when it cannot be read. */
  async read(name: string): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(`${this.#path}/${name}`);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Puts a file in the place of the former one, whole or not at all. Rejects when that fails. */
  async write(name: string, text: string): Promise<void> {
    await Deno.mkdir(this.#path, { recursive: true, mode: 0o700 });
    const path = `${this.#path}/${name}`;
    const next = `${path}.new`;
    // One that a crash has left may have other rights.
    await Deno.remove(next).catch(() => {});
    await Deno.writeTextFile(next, text, { mode: 0o600, createNew: true });
    await Deno.rename(next, path);
  }
}
