import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { Launch } from "./program_process.ts";
import { MemoryGroup } from "./memory_group.ts";

const FOLDER = new URL("../../../configs/kubernetes/base/", import.meta.url);

const MIB = 1024 * 1024;

/**
 * The memory that a program has by our files for Kubernetes, and what the engine is told of it. Where
 * groups can be made the kernel holds it to that; elsewhere it is measured.
 */
export class Pod implements AsyncDisposable {
  readonly launch: Launch;
  readonly #bytes: number;
  readonly #group: MemoryGroup | undefined;

  private constructor(env: Record<string, string>, bytes: number, group?: MemoryGroup) {
    this.#bytes = bytes;
    this.#group = group;
    this.launch = { prefix: group?.prefix ?? [], env };
  }

  static async of(program: "relay" | "controller"): Promise<Pod> {
    const text = await Deno.readTextFile(new URL(`${program}.yaml`, FOLDER));
    const objects = parseAllDocuments(text).map((document) => document.toJS());
    const [container] = objects.find(({ spec }) => spec.template).spec.template.spec.containers;
    const env: Record<string, string> = {};
    for (const { name, value } of container.env) if (name.startsWith("DENO_")) env[name] = value;
    const { memory } = container.resources.limits;
    const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(memory) ?? assert.fail(memory);
    const bytes = Number(number) * (unit === "Mi" ? MIB : 1024 * MIB);
    return new Pod(env, bytes, await MemoryGroup.create(bytes));
  }

  /** Says how much the program used, beside the test's name; fails when that is more than there is. */
  async verdict(program: { peakRss(): Promise<number> }): Promise<void> {
    const peak = await program.peakRss();
    const words = `${Math.round(peak / MIB)} of ${this.#bytes / MIB} MiB`;
    const held = this.#group === undefined ? "measured" : "held to it";
    Deno.stdout.writeSync(new TextEncoder().encode(`  at most ${words}, ${held}\n`));
    assert.ok(peak < this.#bytes, words);
    assert.equal(await this.#group?.kills() ?? 0, 0, "the kernel ended it for want of memory");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#group?.[Symbol.asyncDispose]();
  }
}
