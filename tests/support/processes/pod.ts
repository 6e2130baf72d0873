import assert from "node:assert/strict";
import { parseAllDocuments } from "yaml";
import type { ProgramProcess } from "./program_process.ts";

const FOLDER = new URL("../../../configs/kubernetes/base/", import.meta.url);

const MIB = 1024 * 1024;

/**
 * Where the kernel keeps groups of processes with a limit of their memory, and how its files are called, in
 * the first version and in the second. That of events has a line `oom_kill N`.
 */
const HIERARCHIES = [
  { dir: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", events: "memory.oom_control" },
  { dir: "/sys/fs/cgroup", limit: "memory.max", events: "memory.events" },
];

/** A program's memory, with the program as it is started to have no more. */
export type Pod = Awaited<ReturnType<typeof podOf>>;

/**
 * The memory that a program has by our files for Kubernetes, and what the engine is told of it. Where
 * groups can be made the kernel holds it to that, whatever of it lies outside of the engine's heap;
 * elsewhere it is measured.
 */
export async function podOf(program: "relay" | "controller") {
  const text = await Deno.readTextFile(new URL(`${program}.yaml`, FOLDER));
  const objects = parseAllDocuments(text).map((document) => document.toJS());
  const [container] = objects.find(({ spec }) => spec.template).spec.template.spec.containers;
  const env: Record<string, string> = {};
  for (const { name, value } of container.env) if (name.startsWith("DENO_")) env[name] = value;
  const { memory } = container.resources.limits;
  const [, number, unit] = /^(\d+)(Mi|Gi)$/.exec(memory) ?? assert.fail(memory);
  const bytes = Number(number) * (unit === "Mi" ? MIB : 1024 * MIB);
  const group = await makeGroup(bytes);
  const enter = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', `${group?.folder}/cgroup.procs`];
  return {
    /** How a program is started in it. */
    launch: { prefix: group === undefined ? [] : enter, env },

    /** Says how much the program used, beside the test's name; fails when that is more than there is. */
    async verdict(program: ProgramProcess): Promise<void> {
      const peak = await program.residentBytes("VmHWM");
      const words = `${Math.round(peak / MIB)} of ${bytes / MIB} MiB`;
      const held = group === undefined ? "measured" : "held to it";
      Deno.stdout.writeSync(new TextEncoder().encode(`  at most ${words}, ${held}\n`));
      assert.ok(peak < bytes, words);
      if (group === undefined) return;
      const events = await Deno.readTextFile(group.events);
      assert.match(events, /^oom_kill 0$/m, "the kernel ended it for want of memory");
    },

    /** Only when its program has ended. */
    async [Symbol.asyncDispose](): Promise<void> {
      if (group !== undefined) await Deno.remove(group.folder);
    },
  };
}

/**
 * A group of processes that the kernel ends when they want more memory than this; undefined where none can
 * be made, which takes root.
 */
async function makeGroup(bytes: number) {
  for (const { dir, limit, events } of HIERARCHIES) {
    const folder = await Deno.makeTempDir({ dir, prefix: "qumo-test-" }).catch(() => undefined);
    if (folder === undefined) continue;
    try {
      // There is no such file where memory is not given to the groups below.
      await Deno.writeTextFile(`${folder}/${limit}`, `${bytes}`, { create: false });
      return { folder, events: `${folder}/${events}` };
    } catch {
      await Deno.remove(folder);
    }
  }
  return undefined;
}
