import { etcdMissing, startEtcd } from "../support/processes/etcd.ts";
import { measureConvergence } from "./sdn_convergence.ts";
import { measureFanOut } from "./sdn_fan_out.ts";
import { measureFloor, measureHeartbeats } from "./sdn_heartbeats.ts";
import { print } from "./sdn_subject.ts";

/**
 * Measures the controller over HTTP, as its own process: heartbeats a second with and without changes
 * on each store, beside a bare server that is asked the same; what a change costs with many watchers;
 * and how long three controllers take to agree. Prints one JSON line for each case.
 */
export async function benchController(seconds: number): Promise<void> {
  if (etcdMissing !== undefined) print({ skipped: "etcd", reason: etcdMissing });
  await using cluster = etcdMissing === undefined ? await startEtcd(1) : undefined;
  const onEtcd = (prefix: string) => {
    return { store: "etcd", etcd: { endpoints: cluster?.endpoints, prefix } };
  };
  const floor = await measureFloor(seconds);
  const about = { seconds, floor };
  await measureHeartbeats({ store: "memory", config: {}, said: "numbered" }, about);
  for (const said of ["repeated", "changing"] as const) {
    await measureHeartbeats({ store: "memory", config: {}, said }, about);
    const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
    const config = { graph: { data_dir: folder } };
    await measureHeartbeats({ store: "sqlite", config, said }, about);
    await Deno.remove(folder, { recursive: true });
    if (cluster === undefined) continue;
    await measureHeartbeats(
      { store: "etcd, one member", config: onEtcd(`/bench/${said}/`), said },
      about,
    );
  }
  await measureFloor(seconds);
  await measureFanOut();
  await measureConvergence("peers", (peers) => ({ graph: { peers } }));
  if (cluster !== undefined) {
    await measureConvergence("etcd, one member", () => onEtcd("/bench/converge/"));
  }
}
