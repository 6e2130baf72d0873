import { messageOf, StartError } from "@qumo/shared/runtime";
import type { SdnConfig } from "./config/settings.ts";
import type { Process } from "./process.ts";
import {
  copyDataDir,
  DataDir,
  type DataDirUser,
  EtcdError,
  EtcdStore,
  type EventsOptions,
  MemoryStore,
  NewerStore,
  type Store,
  type Stored,
  type Timeline,
} from "./store/mod.ts";

/** The store that the configuration asks for; it has not been read yet. Rejects with a StartError. */
export async function openStore(
  { store, etcd, graph }: SdnConfig,
  process: Process,
  { timeline, dataDir }: { timeline: Timeline; dataDir: DataDir | undefined },
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
  if (dataDir !== undefined && (store === "sqlite" || store === "auto")) {
    return await inFolder(graph, () => dataDir.openStore({ clock, timeline, tombstoneMs }));
  }
  return new MemoryStore(firstRevision);
}

/**
 * The folder of what outlives this process, if there is one, with its events. Rejects with a StartError
 * when it cannot be had, or another controller has it.
 */
export async function openDataDir(
  { graph, server }: SdnConfig,
  user: Pick<DataDirUser, "name" | "since">,
  options: EventsOptions,
): Promise<DataDir | undefined> {
  if (graph.dataDir === "") return undefined;
  const { address } = server;
  return await inFolder(graph, () => DataDir.take(graph.dataDir, { ...user, address }, options));
}

/** Copies what is in `graph.data_dir` into a folder; says what. Rejects with a StartError. */
export async function backUp({ graph, store }: SdnConfig, folder: string): Promise<string> {
  if (graph.dataDir === "") {
    throw new StartError("there is nothing to copy: it is in memory, or in etcd", "graph.data_dir");
  }
  const copied = await inFolder(graph, () => copyDataDir(graph.dataDir, folder));
  const elsewhere = store === "etcd"
    ? "; relays and announces are in etcd, which has backups of its own"
    : "";
  return `Copied ${copied.join(" and ")} from ${graph.dataDir} to ${folder}${elsewhere}`;
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
    if (error instanceof EtcdError && error.isFinal) {
      throw new StartError(
        `no member accepts this controller's credentials: ${error.message}`,
        "etcd.user",
      );
    }
    if (error instanceof NewerStore) {
      throw new StartError(
        `cannot use the store below this prefix: ${error.message}`,
        "etcd.prefix",
      );
    }
    throw error;
  }
}

async function inFolder<T>({ dataDir }: SdnConfig["graph"], act: () => T | Promise<T>): Promise<T> {
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
