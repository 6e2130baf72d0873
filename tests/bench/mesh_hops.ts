import { sleep, systemClock } from "@qumo/shared/runtime";
import { DirectSite } from "../support/mesh/site.ts";
import { Mesh } from "../support/mesh/mesh.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { chain } from "../support/mesh/topology.ts";
import { until } from "../support/until.ts";
import { LoadPeer } from "./load_peer.ts";
import { trackOf, TrackPublisher } from "./publishers.ts";
import { Receipts } from "./receipts.ts";
import { processCpuSeconds, type ServerAddress } from "./server_process.ts";
import { publishTraffic, type Traffic } from "./traffic.ts";

const ONE_TRACK: Traffic = { tracks: 1, objectBytes: 1200, rate: 60, groupObjects: 60 };
// Enough for the processes' share of a core to be counted in hundredths of a second.
const MANY_TRACKS: Traffic = { tracks: 20, objectBytes: 1200, rate: 30, groupObjects: 60 };

// Connections, caches and compilers are settled when the window opens.
const WARM_UP = 3_000;
const LAST_CALL = 1_000;

/** Latency from a publisher to a viewer behind 0, 1, 2 and 3 hops, of the same objects. */
export async function hopLatency(seconds: number): Promise<object[]> {
  await using mesh = await startChain("r0", "r1", "r2", "r3");
  await using load = new Load();
  await load.publish(mesh.relay("r0"), ONE_TRACK);
  const all: Receipts[] = [];
  for (const relay of mesh.relays) all.push(await load.read(relay, ONE_TRACK));
  await load.run(ONE_TRACK, all, seconds);
  const nearest = all[0]!.latency.percentile(0.5) ?? NaN;
  return all.map(({ latency, objects }, hops) => ({
    case: "latency by hops",
    hops,
    objects,
    p50_ms: round(latency.percentile(0.5)),
    p90_ms: round(latency.percentile(0.9)),
    p99_ms: round(latency.percentile(0.99)),
    added_p50_ms: round((latency.percentile(0.5) ?? NaN) - nearest),
    added_p50_ms_per_hop: hops === 0
      ? 0
      : round(((latency.percentile(0.5) ?? NaN) - nearest) / hops),
  }));
}

/** CPU of a relay that only passes on, beside the one that publishers and the one that viewers use. */
export async function transitCpu(seconds: number): Promise<object> {
  await using mesh = await startChain("origin", "transit", "edge");
  await using load = new Load();
  await load.publish(mesh.relay("origin"), MANY_TRACKS);
  const receipts = await load.read(mesh.relay("edge"), MANY_TRACKS);
  const before: number[] = [];
  const spent = () => Promise.all(mesh.relays.map(({ pid }) => processCpuSeconds(pid)));
  await load.run(MANY_TRACKS, [receipts], seconds, async () => void before.push(...await spent()));
  const after = await spent();
  const [origin, transit, edge] = after.map((now, at) =>
    round((now - before[at]!) * 1e6 / receipts.objects)
  );
  return {
    case: "CPU of a hop",
    objects_per_second: round(receipts.objects / seconds),
    origin_us_per_object: origin,
    transit_us_per_object: transit,
    edge_us_per_object: edge,
  };
}

function startChain(...names: readonly string[]): Promise<Mesh> {
  return Mesh.start({
    topology: chain(...names),
    site: (topology) => Promise.resolve(new DirectSite(topology)),
    relayConfig: { log: { level: "warn" } },
  });
}

/** Publishers and readers in this process. */
class Load implements AsyncDisposable {
  readonly #publishers: TrackPublisher[] = [];
  readonly #readers: LoadPeer[] = [];

  async publish(relay: MeshRelay, { tracks }: Traffic): Promise<void> {
    for (let track = 0; track < tracks; track++) {
      this.#publishers.push(await TrackPublisher.connect(addressOf(relay), track));
    }
  }

  /** Subscribes to every track at a relay, once they are known there. */
  async read(relay: MeshRelay, { tracks }: Traffic): Promise<Receipts> {
    const receipts = new Receipts();
    const peer = await LoadPeer.connect(addressOf(relay));
    this.#readers.push(peer);
    void peer.receive((stamp) => receipts.add(stamp));
    await peer.setUp();
    for (let track = 0; track < tracks; track++) {
      await until(
        `track ${track} to be known at ${relay.name}`,
        () => peer.subscribe(trackOf(track)).then(() => true, () => false),
      );
    }
    return receipts;
  }

  /** Publishes, and counts for so many seconds; `onWindow` is called when they begin. */
  async run(
    traffic: Traffic,
    receipts: readonly Receipts[],
    seconds: number,
    onWindow: () => Promise<void> = () => Promise.resolve(),
  ): Promise<void> {
    const stop = new AbortController();
    const publishing = publishTraffic(traffic, (object) => {
      this.#publishers[object.track]!.send(object);
    }, stop.signal);
    await sleep(systemClock, WARM_UP);
    await onWindow();
    for (const one of receipts) one.open();
    await sleep(systemClock, seconds * 1000);
    for (const one of receipts) one.close();
    await sleep(systemClock, LAST_CALL);
    stop.abort();
    await publishing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const peer of [...this.#publishers, ...this.#readers]) peer.close();
    return Promise.resolve();
  }
}

function addressOf({ port, certificateHash }: MeshRelay): ServerAddress {
  return { port, certificateHash: certificateHash.toHex() };
}

function round(value: number | undefined): number {
  return Math.round((value ?? NaN) * 100) / 100;
}
