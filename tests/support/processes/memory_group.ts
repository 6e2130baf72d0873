/** Where the kernel keeps groups of processes with a limit of their memory, and how its files are called. */
interface Hierarchy {
  readonly root: string;
  readonly limit: string;
  /** Has a line `oom_kill N`. */
  readonly events: string;
}

const HIERARCHY = findHierarchy();

/**
 * Memory that a program may have and no more, as in a container: the kernel kills it when it wants more,
 * whatever of it lies outside of the engine's heap.
 */
export class MemoryGroup implements AsyncDisposable {
  /** What stands before the command of a program that is to be in the group. */
  readonly prefix: readonly string[];
  readonly #folder: string;
  readonly #events: string;

  private constructor(folder: string, { events }: Hierarchy) {
    this.#folder = folder;
    this.#events = `${folder}/${events}`;
    this.prefix = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', `${folder}/cgroup.procs`];
  }

  /** A group with this limit; undefined where none can be made, which takes root. */
  static async create(bytes: number): Promise<MemoryGroup | undefined> {
    if (HIERARCHY === undefined) return undefined;
    const folder = await Deno.makeTempDir({ dir: HIERARCHY.root, prefix: "qumo-test-" });
    await Deno.writeTextFile(`${folder}/${HIERARCHY.limit}`, `${bytes}`);
    return new MemoryGroup(folder, HIERARCHY);
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

/** The first hierarchy that is mounted, has memory in it, and lets a group be made. */
function findHierarchy(): Hierarchy | undefined {
  const mounts = Deno.readTextFileSync("/proc/self/mounts").split("\n");
  return mounts.map((line) => line.split(" ")).flatMap(([, root = "", type, options = ""]) => {
    const memory = options.split(",").includes("memory");
    if (type === "cgroup" && memory) {
      return { root, limit: "memory.limit_in_bytes", events: "memory.oom_control" };
    }
    return type === "cgroup2" ? { root, limit: "memory.max", events: "memory.events" } : [];
  }).find(isUsable);
}

function isUsable({ root, limit }: Hierarchy): boolean {
  let folder: string;
  try {
    folder = Deno.makeTempDirSync({ dir: root, prefix: "qumo-test-" });
  } catch {
    return false;
  }
  try {
    // There is none where memory is not given to the groups below.
    return Deno.statSync(`${folder}/${limit}`).isFile;
  } catch {
    return false;
  } finally {
    Deno.removeSync(folder);
  }
}
