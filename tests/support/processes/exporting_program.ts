/**
 * A program of tests/support that exports. It is killed with the test: an exporter can keep it from
 * ending, and from heeding any other signal.
 */
export class ExportingProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<void>;
  readonly #heard = Promise.withResolvers<void>();
  #awaited: string | undefined;
  #text = "";
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number>;

  /** Starts the program in a file of this folder. */
  constructor(name: string, args: readonly string[], env: Record<string, string>) {
    const module = new URL(`./${name}`, import.meta.url).href;
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-env", module, ...args],
      env,
      stdout: "piped",
    }).spawn();
    this.ended = this.#child.status.then(({ code }) => code);
    this.#read = this.#collect();
  }

  /** Everything that it wrote. */
  async output(): Promise<string> {
    await this.#read;
    return this.#text;
  }

  /** Resolves when it has written this. */
  says(text: string): Promise<void> {
    this.#awaited = text;
    this.#look();
    return this.#heard.promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#child.kill("SIGKILL");
    } catch {
      // It has ended by itself.
    }
    await this.ended;
    await this.#read;
  }

  async #collect(): Promise<void> {
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      this.#text += text;
      this.#look();
    }
  }

  #look(): void {
    if (this.#awaited !== undefined && this.#text.includes(this.#awaited)) this.#heard.resolve();
  }
}
