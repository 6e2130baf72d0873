import { messageOf } from "@qumo/shared/runtime";
import type { BinaryOutput } from "../../process.ts";

/** Writes to a file or a pipe in the order of calls, which never wait. */
export class OutputQueue {
  /** Resolves when nobody reads any more, or a write failed: with the reason. */
  readonly broken: Promise<string>;
  readonly #output: BinaryOutput;
  readonly #maxBytes: number;
  readonly #waiting: Uint8Array[] = [];
  readonly #break: (reason: string) => void;
  #bytes = 0;
  #writing: Promise<void> | undefined;
  #isBroken = false;

  constructor(output: BinaryOutput, maxBytes: number) {
    this.#output = output;
    this.#maxBytes = maxBytes;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.broken = promise;
    this.#break = resolve;
  }

  /** Writes bytes; false when too many wait already, and these are left out. */
  write(bytes: Uint8Array): boolean {
    if (this.#isBroken) return false;
    if (this.#bytes + bytes.length > this.#maxBytes) return false;
    this.#waiting.push(bytes);
    this.#bytes += bytes.length;
    this.#writing ??= this.#write();
    return true;
  }

  /** Writes what waits, and closes the file. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#output.close();
  }

  async #write(): Promise<void> {
    // One call for many, and the first not before its caller is done.
    await Promise.resolve();
    try {
      for (let bytes = this.#waiting.shift(); bytes !== undefined; bytes = this.#waiting.shift()) {
        await this.#output.write(bytes);
        this.#bytes -= bytes.length;
      }
    } catch (error) {
      this.#isBroken = true;
      this.#waiting.length = 0;
      this.#break(messageOf(error));
    }
    this.#writing = undefined;
  }
}
