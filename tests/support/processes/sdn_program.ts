import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** A controller in a process of its own, on the loopback address. */
export class SdnProgram implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #folder: string;
  readonly #token: string;
  #ended: Promise<void> | undefined;
  url = "";

  private constructor(folder: string, { port, token }: { port: string; token: string }) {
    this.#folder = folder;
    this.#token = token;
    const address = ["--address", `127.0.0.1:${port}`];
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "-A", "sdn/main.ts", ...address, "-c", `${folder}/sdn.yaml`],
      cwd: ROOT,
      stdout: "piped",
      stderr: "null",
    }).spawn();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Starts one with a configuration as YAML; `token` is what it is asked with from here. */
  static async start(
    { config = "{}\n", port = "0", token = "" }: {
      config?: string;
      port?: string;
      token?: string;
    } = {},
  ): Promise<SdnProgram> {
    const folder = await Deno.makeTempDir();
    await Deno.writeTextFile(`${folder}/sdn.yaml`, config);
    const program = new SdnProgram(folder, { port, token });
    let text = "";
    while (!text.includes("\n")) {
      const { value, done } = await program.#output.read();
      assert.equal(done, false, "it ended before it was ready");
      text += value;
    }
    program.url = /https?:\/\/\S+/.exec(text)?.[0] ?? assert.fail(text);
    return program;
  }

  /** Asks it something that it must agree to. */
  async ask(method: string, path: string, body?: unknown): Promise<void> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: this.#token === "" ? {} : { authorization: `Bearer ${this.#token}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    assert.equal(response.status, 200, `${method} ${path}: ${await response.text()}`);
  }

  /** Registers a relay, or lets it beat. */
  register(name: string, body: unknown): Promise<void> {
    return this.ask("PUT", `/relay/${encodeURIComponent(name)}`, body);
  }

  /** Ends it unless it was told to end before, and waits until it has. */
  end(signal: Deno.Signal): Promise<void> {
    return this.#ended ??= this.#end(signal);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end("SIGKILL");
  }

  async #end(signal: Deno.Signal): Promise<void> {
    this.#child.kill(signal);
    while (!(await this.#output.read()).done);
    await this.#child.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}
