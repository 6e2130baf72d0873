import { messageOf, StartError } from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import type { Process } from "./process.ts";
import {
  EtcdRefusal,
  EtcdStore,
  MemoryStore,
  openEvents,
  openSqlite,
  type Store,
  type Stored,
  type Timeline,
} from "./store/mod.ts";

/** The store that the configuration asks for; it has not been read yet. Rejects with a StartError. */
export async function openStore(
  { store, etcd, graph }: SdnConfig,
  process: Process,
  timeline: Timeline,
): Promise<Store> {
  const { clock } = process;
  const tombstoneMs = graph.tombstoneTtlSec * 1000;
  // Higher than any revision of a process before this one, so that its watchers begin anew.
  const firstRevision = Math.floor(clock.wall());
  if (store === "etcd") {
    const leaseMs = graph.nodeTtlSec * 1000;
    const times = { clock, timeline, leaseMs, tombstoneMs };
    return new EtcdStore({ ...etcd, ...times, ...await etcdAccess(etcd, process), firstRevision });
  }
  if (store === "sqlite" || store === "auto" && graph.dataDir !== "") {
    return await inFolder(
      graph,
      () => openSqlite(graph.dataDir, { clock, timeline, tombstoneMs }),
    );
  }
  return new MemoryStore(firstRevision);
}

/** Where events are kept, if anywhere. Rejects with a StartError. */
export async function openEventShelf(
  { graph }: SdnConfig,
  options: Parameters<typeof openEvents>[1],
) {
  if (graph.dataDir === "") return undefined;
  return await inFolder(graph, () => openEvents(graph.dataDir, options));
}

/**
 * Reads a store for the first time. Rejects with a StartError where trying again is of no use; any
 * other error is of a cluster that cannot be reached now.
 */
export async function readStore(store: Store, { graph }: SdnConfig): Promise<Stored> {
  if (store.sharing === undefined) return await inFolder(graph, () => store.load());
  try {
    return await store.load();
  } catch (error) {
    if (error instanceof EtcdRefusal && error.isFinal) {
      throw new StartError(`no member lets this controller in: ${error.message}`, "etcd.user");
    }
    throw error;
  }
}

async function inFolder<T>({ dataDir }: SdnConfig["graph"], act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw new StartError(
      `cannot use the store in ${dataDir}: ${messageOf(error)}`,
      "graph.data_dir",
    );
  }
}

/** As whom the controller comes to etcd. */
async function etcdAccess(etcd: SdnConfig["etcd"], { readText, fetchAs }: Process) {
  const read = (path: string) => path === "" ? "" : readText(path);
  return {
    password: (await read(etcd.passwordFile)).trim(),
    fetch: fetchAs({
      authority: await read(etcd.caFile),
      certificate: await read(etcd.certFile),
      key: await read(etcd.keyFile),
    }),
  };
}
