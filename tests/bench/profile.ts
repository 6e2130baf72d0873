/** The part of V8's CPU profile that is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function and the time that was spent in it, not in what it calls. */
export interface SelfTime {
  /** Name, file and line. */
  readonly name: string;
  readonly milliseconds: number;
  /** Share of the time in which the program was not idle, 0 to 1. */
  readonly share: number;
}

// What V8 calls the time in which nothing runs: in the event loop, and in threads of Deno's own.
const IDLE = ["(idle)", "(root)"];

/** The functions that most time was spent in, the greatest first. */
export function topSelfTimes(profileText: string, count: number): SelfTime[] {
  const { nodes, samples, timeDeltas }: CpuProfile = JSON.parse(profileText);
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const times = new Map<string, number>();
  let busy = 0;
  for (const [at, id] of samples.entries()) {
    const name = names.get(id)!;
    // A sample stands for the time until the next one.
    const time = timeDeltas[at + 1] ?? 0;
    if (IDLE.includes(name)) continue;
    busy += time;
    times.set(name, (times.get(name) ?? 0) + time);
  }
  return [...times]
    .sort(([, a], [, b]) => b - a)
    .slice(0, count)
    .map(([name, time]) => ({ name, milliseconds: time / 1000, share: time / busy }));
}

function nameOf({ functionName, url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]) {
  const name = functionName === "" ? "(anonymous)" : functionName;
  const file = url.split("/").slice(-3).join("/");
  return file === "" ? name : `${name} ${file}:${lineNumber + 1}`;
}
