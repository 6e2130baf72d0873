/** Measures a relay beside its floor: `deno task bench --help` says how. */
// deno-lint-ignore-file no-console
import { availableParallelism, cpus, loadavg } from "node:os";
import { benchAccess } from "./access_bench.ts";
import { type Case, casesNamed } from "./cases.ts";
import { benchLayouts } from "./layout_bench.ts";
import { hostGroup } from "./host_group.ts";
import { benchMedia } from "./media_bench.ts";
import { benchMesh } from "./mesh_bench.ts";
import { type BenchOptions, parseOptions, USAGE } from "./options.ts";
import { topSelfTimes } from "./profile.ts";
import { Progress } from "./progress.ts";
import { type Result, resultOf, toJson, toTable, warning } from "./report.ts";
import { measure, type Run } from "./run.ts";
import { benchRevocations } from "./revocation_bench.ts";
import { benchController } from "./sdn_bench.ts";
import { measureDirectory } from "./sdn_directory.ts";
import { measureSize } from "./sdn_size.ts";
import { benchStart } from "./start_bench.ts";

const FUNCTIONS_SHOWN = 20;

const options = parseOptions(Deno.args);
if (!options.ok) {
  console.error(`${options.refusal}\nTry deno task bench --help`);
  Deno.exit(2);
}
if (options.value.help) {
  console.log(USAGE);
  Deno.exit(0);
}
if (Deno.build.os !== "linux") {
  console.error("The bench reads what processes cost from /proc, which only Linux has.");
  Deno.exit(2);
}
try {
  Deno.exit(await bench(options.value) ? 0 : 1);
} catch (error) {
  console.error(`The bench broke off: ${error}`);
  Deno.exit(1);
}

/** Runs the cases and prints what came of them; false when something was lost. */
async function bench(options: BenchOptions): Promise<boolean> {
  console.log(machine());
  if (options.sdn) {
    const { size: relays, announces, seconds } = options;
    if (relays === undefined) await benchController(seconds);
    else if (announces === undefined) await measureSize(relays, seconds);
    else await measureDirectory({ relays, announces, seconds });
    return true;
  }
  if (options.layouts) {
    benchLayouts();
    return true;
  }
  if (options.access) {
    await benchAccess(options, (result) => console.log(toJson(result)));
    return true;
  }
  if (options.start) {
    await benchStart((cost) => console.log(JSON.stringify(cost)));
    return true;
  }
  if (options.members) {
    await hostGroup(options.seconds, (result) => console.log(JSON.stringify(result)));
    return true;
  }
  if (options.media) {
    await benchMedia(options, (result) => console.log(toJson(result)));
    return true;
  }
  if (options.revocations) {
    await benchRevocations(options.rounds, (result) => console.log(toJson(result)));
    return true;
  }
  if (options.mesh) {
    await benchMesh(options, (result) => console.log(toJson(result)));
    return true;
  }
  const results: Result[] = [];
  for (const one of casesNamed(options.caseName, options.quick)) {
    const result = await runCase(one, options);
    results.push(result);
    console.log(toJson(result));
  }
  if (options.jsonFile !== undefined) {
    await Deno.writeTextFile(options.jsonFile, results.map(toJson).join("\n") + "\n");
  }
  console.log(`\n${toTable(results)}`);
  const noise = warning(results);
  if (noise !== undefined) console.log(`\n${noise}`);
  return results.every(({ lost }) => lost === 0);
}

async function runCase(one: Case, { seconds, profile }: BenchOptions): Promise<Result> {
  const progress = new Progress(Deno.stderr);
  const profileDir = profile ? await Deno.makeTempDir({ prefix: "qumo_bench_" }) : undefined;
  const run = async (what: Run, part: string, dir?: string) => {
    const prefix = `${one.name} (${what.server}, ${part})`;
    progress.line(`${prefix}: starting`);
    const measurement = await measure(what, {
      seconds,
      profileDir: dir,
      progress: (text) => progress.update(`${prefix}: ${text}`),
    });
    progress.line(`${prefix}: ${measurement.delivered} objects`);
    return measurement;
  };
  const before = await run(one.reference, "before");
  const subject = await run(one.subject, "what is measured", profileDir);
  const beside = one.beside && await run(one.beside, "what goes on beside it");
  const after = await run(one.reference, "after");
  if (profileDir !== undefined) await showProfile(profileDir);
  return resultOf(one, subject, { references: [before, after], beside });
}

async function showProfile(dir: string): Promise<void> {
  for await (const { name } of Deno.readDir(dir)) {
    const file = `${dir}/${name}`;
    console.log(`Profile of the relay: ${file}`);
    for (const { name, milliseconds, share } of topSelfTimes(await read(file), FUNCTIONS_SHOWN)) {
      const [time, percent] = [milliseconds.toFixed(0), (share * 100).toFixed(1)];
      console.log(`${percent.padStart(6)} % ${time.padStart(7)} ms  ${name}`);
    }
  }
}

function read(file: string): Promise<string> {
  return Deno.readTextFile(file);
}

/** What the numbers were measured on. */
function machine(): string {
  const [load] = loadavg();
  return `Deno ${Deno.version.deno}, ${availableParallelism()} cores of ${cpus()[0]?.model}, ` +
    `load average ${load!.toFixed(1)} before the first run`;
}
