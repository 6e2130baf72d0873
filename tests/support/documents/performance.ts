import assert from "node:assert/strict";
import { dirname } from "node:path";
import { freePort } from "../mesh/ports.ts";
import { until } from "../until.ts";
import type { Step } from "./document.ts";
import { type ProgramProcess, runToEnd, startProgram } from "../processes/program_process.ts";

// Where programs listen when a command does not say it.
const DEFAULT_ADDRESSES = { SDN_ADDR: "127.0.0.1:8090", RELAY_ADDR: "127.0.0.1:4433" };

/**
 * The commands of one document, run from the project's root as they are written, but for ports of the
 * loopback address: each is a free one, and the same wherever the document names it.
 */
export class Performance implements AsyncDisposable {
  readonly #ports = new Map<string, number>();
  readonly #served: ProgramProcess[] = [];

  /** The free port that stands for a document's one. */
  port(written: string): number {
    return this.#ports.getOrInsertComputed(written, freePort);
  }

  /** Ends the programs of an earlier block, starts these one after the other, and waits for each. */
  async serve(steps: readonly Step[]): Promise<void> {
    await this[Symbol.asyncDispose]();
    for (const { line } of steps) {
      this.#served.push(await startProgram(...this.#command(line, DEFAULT_ADDRESSES)));
    }
  }

  /** Runs commands, which must succeed and answer what is expected. */
  async run(steps: readonly Step[]): Promise<void> {
    for (const { line, expected } of steps) {
      const { code, output } = await this.#output(line);
      assert.equal(code, 0, `${line}\n${output}`);
      for (const part of expected) assert.ok(output.includes(part), `${line}\n${output}`);
    }
  }

  /** Runs each command until it answers what is expected. */
  async watch(steps: readonly Step[]): Promise<void> {
    for (const { line, expected } of steps) {
      let last = "";
      await until(line, async () => {
        const { code, output } = await this.#output(line);
        last = output;
        return code === 0 && expected.every((part) => output.includes(part));
      }).catch((error) => {
        throw new Error(`${error}\n${last}\n${this.#served.map((one) => one.log()).join("\n")}`);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#served.splice(0).map((one) => one.end()));
  }

  async #output(line: string) {
    const { code, stdout, stderr } = await runToEnd(...this.#command(line));
    return { code, output: stdout + stderr };
  }

  #command(line: string, variables: Readonly<Record<string, string>> = {}) {
    const env = {
      // The commands say `deno`, and mean the one that runs this.
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      NO_COLOR: "1",
      DENO_NO_PROMPT: "1",
      CURL_HOME: import.meta.dirname!,
      ...variables,
    };
    const set = Object.entries(env).map(([name, text]) => [name, this.#withPorts(text)]);
    return [["bash", "-c", this.#withPorts(line)], { env: Object.fromEntries(set) }] as const;
  }

  #withPorts(text: string): string {
    return text.replace(/127\.0\.0\.1:(\d+)/g, (_, port) => `127.0.0.1:${this.port(port)}`);
  }
}
