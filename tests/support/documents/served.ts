/** A program that a document's command starts, and that runs until it is told to end. */
export class Served implements AsyncDisposable {
  /** What it has written so far, for a test that fails. */
  log = "";
  readonly #child: Deno.ChildProcess;
  readonly #output: Promise<unknown>;
  readonly #ready = Promise.withResolvers<"ready">();

  private constructor(command: Deno.Command) {
    this.#child = command.spawn();
    this.#output = Promise.all([
      this.#collect(this.#child.stdout),
      this.#collect(this.#child.stderr),
    ]);
  }

  /** Starts it and waits until it says that it is ready; rejects with its log when it ends before. */
  static async start(command: Deno.Command): Promise<Served> {
    const served = new Served(command);
    if (await Promise.race([served.#ready.promise, served.#output]) === "ready") return served;
    throw new Error(`It ended before it was ready:\n${served.log}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#output;
    await this.#child.status;
  }

  async #collect(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<void> {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      this.log += text;
      if (this.log.includes("is ready: ")) this.#ready.resolve("ready");
    }
  }
}
