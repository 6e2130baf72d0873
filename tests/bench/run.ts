import process from "node:process";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { draftOf, liteVersionOf, multiplexedDrafts } from "@qumo/shared/wire";
import { Deadline } from "../support/deadline.ts";
import { referenceDraft } from "../support/reference_draft.ts";
import { ControlStreamReader } from "./control_stream_reader.ts";
import { LiteReader } from "./lite_reader.ts";
import { LoadPeer } from "./load_peer.ts";
import { MediaLoad, type MediaOptions } from "./media_load.ts";
import { trackOf, TrackPublisher } from "./publishers.ts";
import { Receipts } from "./receipts.ts";
import {
  machineCpuSeconds,
  relayFlags,
  type ServerProcess,
  startRelay,
  startServer,
} from "./server_process.ts";
import { publishTraffic, type Traffic } from "./traffic.ts";

/** What to run against a server. */
export interface Run extends MediaOptions {
  /** The floor writes what the publishers would have sent, with no relay in between. */
  readonly server: "relay" | "floor";
  /** Undefined: connections that only stay. */
  readonly traffic: Traffic | undefined;
  /** Connections that read; they share the tracks evenly. */
  readonly readers: number;
  /** Connections that subscribe and never read. */
  readonly stalled: number;
  /** What readers speak, one after the other in turns: what publishers do when nothing is said. */
  readonly dialects?: readonly string[];
  /** Whether readers come by WebSocket, without TLS, instead of QUIC. */
  readonly isWebSocket?: boolean;
}

/** How long to run, and what to say meanwhile. */
export interface RunOptions {
  readonly seconds: number;
  readonly profileDir: string | undefined;
  readonly progress: (text: string) => void;
}

/** What was measured. */
export interface Measurement {
  readonly seconds: number;
  /** Objects that came to a reader in the window, whenever they were published. */
  readonly delivered: number;
  /** Objects that were published in the window and came to a reader, counted once for each. */
  readonly objects: number;
  /** Objects that should have come; undefined where only the server knows. */
  readonly expected: number | undefined;
  readonly cpuSeconds: number;
  /** Of the process that publishes and reads. */
  readonly loadCpuSeconds: number;
  /** Of everything else on the machine, which should have been quiet. */
  readonly otherCpuSeconds: number;
  readonly residentBytes: number;
  /** Resident memory for each connection of a reader or stalled one. */
  readonly bytesPerConnection: number;
  readonly receipts: Receipts;
  /** Why the relay left something out, where it did. */
  readonly skips: Readonly<Record<string, number>>;
  /** What the relay keeps of the tracks, in all dialects; undefined where there is no relay. */
  readonly cacheBytes: number | undefined;
}

const FLOOR = new URL("./floor.ts", import.meta.url);

// Connections, caches and compilers are settled when the window opens.
const WARM_UP = 2_000;
// When nothing came for so long, what is missing is lost; a busy machine is only late.
const LAST_CALL = 2_000;
const LONGEST_LAST_CALL = 60_000;
// Hundreds of handshakes take seconds; a server that hangs must not take the bench with it.
const CONNECT_TIMEOUT = 60_000;
// Handshakes under way at once: more would only wait for each other.
const HANDSHAKES = 20;
// A stalled reader's credit: groups that fit into it cost the server nothing that can be seen.
const STALLED_STREAMS = 3;

/** Runs a server in its own process against publishers and readers in this one. */
export async function measure(run: Run, options: RunOptions): Promise<Measurement> {
  // What it has made goes when the server has ended, which writes there until then.
  await using media = await MediaLoad.prepare(run);
  await using server = await start(run, options.profileDir, media.env);
  await using _playing = await media.start(server);
  using deadline = new Deadline(CONNECT_TIMEOUT);
  const publishers = await deadline.for("publishers to connect", connectPublishers(run, server));
  const before = await server.residentBytes();
  const receipts = new Receipts();
  const peers = await deadline.for(
    "readers to connect",
    connectReaders(run, server, receipts),
  );
  const stop = new AbortController();
  let published = 0;
  if (run.server === "relay" && run.traffic !== undefined) {
    void publishTraffic(run.traffic, (object) => {
      publishers[object.track]!.send(object);
      if (receipts.includes(object.stamp)) published++;
    }, stop.signal);
  }
  try {
    await sleep(systemClock, WARM_UP);
    const cpu = await watchWindow(server, receipts, options);
    const residentBytes = await server.residentBytes();
    const readersOfTrack = run.readers / (run.traffic?.tracks ?? 1);
    const expected = run.server === "relay" ? published * readersOfTrack : undefined;
    // While groups come and go as they do all the time.
    const cacheBytes = run.server === "relay" ? await readCacheBytes(server) : undefined;
    stop.abort();
    if (expected !== undefined) await lastObjects(receipts, expected);
    return {
      ...cpu,
      delivered: receipts.delivered,
      objects: receipts.objects,
      expected,
      residentBytes,
      bytesPerConnection: (residentBytes - before) / (run.readers + run.stalled),
      receipts,
      skips: run.server === "relay" ? await readSkips(server) : {},
      cacheBytes,
    };
  } finally {
    stop.abort();
    for (const peer of peers) peer.close();
    for (const publisher of publishers) publisher.close();
  }
}

function start(
  run: Run,
  profileDir: string | undefined,
  env: Readonly<Record<string, string>>,
): Promise<ServerProcess> {
  if (run.server === "relay") return startRelay(env, { profileDir });
  // It is the least that Deno can do as the relay sets it up.
  const args = [JSON.stringify([run.readers, run.traffic ?? null])];
  return startServer(FLOOR, args, { flags: relayFlags });
}

function connectPublishers({ server, traffic }: Run, to: ServerProcess): Promise<TrackPublisher[]> {
  const tracks = server === "relay" ? traffic?.tracks ?? 0 : 0;
  return many(tracks, (track) => TrackPublisher.connect(to, track));
}

async function connectReaders(run: Run, server: ServerProcess, receipts: Receipts) {
  const { traffic } = run;
  const arrived = (stamp: number) => receipts.add(stamp);
  return await many(run.readers + run.stalled, async (index) => {
    const isStalled = index >= run.readers;
    const peer = await connectReader(run, index, server);
    if (!isStalled) void peer.receive(arrived);
    if (run.server === "relay" || traffic === undefined) await peer.setUp();
    if (run.server === "floor") return peer;
    if (traffic !== undefined) await peer.subscribe(trackOf(index % traffic.tracks));
    return peer;
  });
}

function connectReader(
  { readers, dialects = [referenceDraft.protocol], isWebSocket }: Run,
  index: number,
  server: ServerProcess,
) {
  const maxUniStreams = index >= readers ? STALLED_STREAMS : undefined;
  const protocol = dialects[index % dialects.length]!;
  const version = liteVersionOf(protocol);
  if (version !== undefined) return LiteReader.connect(server, version, maxUniStreams);
  const draft = draftOf(protocol);
  if (draft !== undefined) return LoadPeer.connect(server, { draft, maxUniStreams, isWebSocket });
  const old = multiplexedDrafts.find((draft) => draft.protocol === protocol)!;
  return ControlStreamReader.connect(server, old, maxUniStreams);
}

async function many<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let from = 0; from < count; from += HANDSHAKES) {
    const length = Math.min(HANDSHAKES, count - from);
    made.push(...await Promise.all(Array.from({ length }, (_, index) => make(from + index))));
  }
  return made;
}

async function watchWindow(server: ServerProcess, receipts: Receipts, options: RunOptions) {
  const { seconds, progress } = options;
  const before = await cpuSeconds(server);
  const start = systemClock.now();
  receipts.open();
  for (let second = 1; second <= seconds; second++) {
    await sleep(systemClock, start + second * 1000 - systemClock.now());
    progress(`${second} of ${seconds} s, ${receipts.delivered} objects`);
  }
  receipts.close();
  const passed = (systemClock.now() - start) / 1000;
  const after = await cpuSeconds(server);
  const used = after.server - before.server;
  const load = after.load - before.load;
  return {
    seconds: passed,
    cpuSeconds: used,
    loadCpuSeconds: load,
    otherCpuSeconds: Math.max(0, after.machine - before.machine - used - load),
  };
}

/** Seconds of a core that were used so far by the server, by this process and by everything. */
async function cpuSeconds(server: ServerProcess) {
  const { user, system } = process.cpuUsage();
  return {
    server: await server.cpuSeconds(),
    load: (user + system) / 1e6,
    machine: await machineCpuSeconds(),
  };
}

/** Waits until everything is there that should be, as long as something still comes. */
async function lastObjects(receipts: Receipts, expected: number): Promise<void> {
  const end = systemClock.now() + LONGEST_LAST_CALL;
  let patience = systemClock.now() + LAST_CALL;
  while (receipts.objects < expected && systemClock.now() < Math.min(patience, end)) {
    const before = receipts.objects;
    await sleep(systemClock, 50);
    if (receipts.objects > before) patience = systemClock.now() + LAST_CALL;
  }
}

/** What the relay left out, by its own count. */
async function readSkips(server: ServerProcess): Promise<Record<string, number>> {
  const lines = (await readMetrics(server)).matchAll(
    /^qumo_relay_subscriber_skips_total\{reason="(\w+)".*\} (\d+)/gm,
  );
  const skips = [...lines].map(([, reason, count]) => [reason!, Number(count)] as const);
  return Object.fromEntries(skips.filter(([, count]) => count > 0));
}

async function readCacheBytes(server: ServerProcess): Promise<number> {
  return Number(/^qumo_relay_cache_bytes (\d+)/m.exec(await readMetrics(server))?.[1]);
}

async function readMetrics({ port }: ServerProcess): Promise<string> {
  const signal = AbortSignal.timeout(CONNECT_TIMEOUT);
  return await (await fetch(`http://127.0.0.1:${port}/metrics`, { signal })).text();
}
