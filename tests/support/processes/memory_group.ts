/**
 * Where the kernel keeps groups of processes with a limit of their memory, and how its files are called: by
 * its first hierarchies, and by its second. The file of events has a line `oom_kill N`.
 */
const HIERARCHIES = [
  {
    dir: "/sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    events: "memory.oom_control",
  },
  { dir: "/sys/fs/cgroup", limit: "memory.max", events: "memory.events" },
];

/**
 * Memory that a program may have and no more, as in a container: the kernel kills it when it wants more,
 * whatever of it lies outside of the engine's heap.
 */
export class MemoryGroup implements AsyncDisposable {
  /** What stands before the command of a program that is to be in the group. */
  readonly prefix: readonly string[];
  readonly #folder: string;
  readonly #events: string;

  private constructor(folder: string, events: string) {
    this.#folder = folder;
    this.#events = `${folder}/${events}`;
    this.prefix = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', `${folder}/cgroup.procs`];
  }

  /** A group with this limit; undefined where none can be made, which takes root. */
  static async create(bytes: number): Promise<MemoryGroup | undefined> {
    for (const { dir, limit, events } of HIERARCHIES) {
      const folder = await Deno.makeTempDir({ dir, prefix: "qumo-test-" }).catch(() => undefined);
      if (folder === undefined) continue;
      try {
        // There is no such file where memory is not given to the groups below.
        await Deno.writeTextFile(`${folder}/${limit}`, `${bytes}`, { create: false });
        return new MemoryGroup(folder, events);
      } catch {
        await Deno.remove(folder);
      }
    }
    return undefined;
  }

  /** Programs that were killed because they wanted more. */
  async kills(): Promise<number> {
    const events = await Deno.readTextFile(this.#events);
    return Number(events.match(/^oom_kill (\d+)/m)?.[1]);
  }

  /** Only when its programs have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder);
  }
}
