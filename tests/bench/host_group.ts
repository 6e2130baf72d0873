import { sleep, systemClock } from "@qumo/shared/runtime";
import { startHostGroup } from "../support/mesh/host_group.ts";
import { runModule, startProgram } from "../support/processes/program_process.ts";
import { until } from "../support/until.ts";
import { LoadPeer } from "./load_peer.ts";
import { trackOf, TrackPublisher } from "./publishers.ts";
import { Receipts } from "./receipts.ts";
import type { ServerAddress } from "./server_process.ts";
import { publishTraffic, type Traffic } from "./traffic.ts";

const TRAFFIC: Traffic = { tracks: 1, objectBytes: 1200, rate: 30, groupObjects: 60 };

// A quarter of a core, in slices so short that what waits for the next one is not what p99 shows.
const QUOTA_US = 2_500;
const PERIOD_US = 10_000;
const CGROUPS = "/sys/fs/cgroup/cpu";

const FEWEST = 60;
const STEP = 20;
const MOST = 400;
const WARM_UP = 2_000;

/** What p99 may be, in milliseconds: beyond it a relay is full. */
const P99_MS = 250;

/** What a relay, or two members of a machine, deliver in a step. */
interface Step {
  readonly readers: number;
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/**
 * How much two members deliver and how much one relay does, each held to a quarter of a core so that
 * the load beside them is not what limits: the most readers at the same p99.
 */
export async function hostGroup(seconds: number, print: (result: object) => void): Promise<void> {
  for (const members of [1, 2]) {
    await using subject = await start(members);
    await using quotas = new Quotas(subject.pids);
    await quotas.set();
    const publisher = await TrackPublisher.connect(subject.relays[0]!, 0);
    const stop = new AbortController();
    const publishing = publishTraffic(TRAFFIC, (object) => publisher.send(object), stop.signal);
    let best: Step | undefined;
    for (let readers = FEWEST; readers <= MOST; readers += STEP) {
      const step = await measure(subject.relays, readers, seconds);
      print({ case: "members of a machine", members, ...step });
      if (step.p99 > P99_MS) break;
      best = step;
    }
    stop.abort();
    await publishing;
    publisher.close();
    print({ case: `the most at p99 of ${P99_MS} ms`, members, ...best });
  }
}

async function measure(
  relays: readonly ServerAddress[],
  readers: number,
  seconds: number,
): Promise<Step> {
  const receipts = new Receipts();
  const peers: LoadPeer[] = [];
  try {
    for (let reader = 0; reader < readers; reader++) {
      const peer = await LoadPeer.connect(relays[reader % relays.length]!);
      peers.push(peer);
      void peer.receive((stamp) => receipts.add(stamp));
      await peer.setUp();
      const subscribes = () => peer.subscribe(trackOf(0)).then(() => true, () => false);
      await until("the track to be known", subscribes);
    }
    await sleep(systemClock, WARM_UP);
    receipts.open();
    await sleep(systemClock, seconds * 1000);
    receipts.close();
    const percentile = (share: number) => Math.round(receipts.latency.percentile(share) ?? NaN);
    const perSecond = Math.round(receipts.delivered / seconds);
    return { readers, perSecond, p50: percentile(0.5), p99: percentile(0.99) };
  } finally {
    for (const peer of peers) peer.close();
  }
}

/** One relay alone, or the members of a machine and their controller. */
async function start(members: number) {
  if (members > 1) {
    const group = await startHostGroup(members, { log: { level: "info" } });
    const numbers = Array.from({ length: members }, (_, place) => place + 1);
    const found = await Promise.all(numbers.map((number) => group.member(number)));
    return {
      relays: found.map(({ port, certificateHash }) => ({
        port,
        certificateHash: certificateHash.toHex(),
      })),
      pids: numbers.map((number) => group.pids(number)[0]!),
      [Symbol.asyncDispose]: () => group[Symbol.asyncDispose](),
    };
  }
  const relay = await startProgram(runModule("relay/main.ts", ["--address", "127.0.0.1:0"]));
  const certificateHash = await relay.get("/certificate.sha256");
  return {
    relays: [{ port: relay.port, certificateHash }],
    pids: [relay.pid],
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

/** A control group of version 1 for each process. */
class Quotas implements AsyncDisposable {
  readonly #pids: readonly number[];
  #own = CGROUPS;

  constructor(pids: readonly number[]) {
    this.#pids = pids;
  }

  async set(): Promise<void> {
    for (const pid of this.#pids) {
      const folder = await this.#make(pid);
      await Deno.writeTextFile(`${folder}/cpu.cfs_period_us`, `${PERIOD_US}`);
      await Deno.writeTextFile(`${folder}/cpu.cfs_quota_us`, `${QUOTA_US}`);
      await Deno.writeTextFile(`${folder}/cgroup.procs`, `${pid}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of this.#pids) {
      // What has ended is in no group any more.
      await Deno.writeTextFile(`${this.#own}/cgroup.procs`, `${pid}`).catch(() => {});
      await Deno.remove(`${this.#own}/qumo-bench-${pid}`).catch(() => {});
    }
  }

  /** Below the group of this process, so that both have the same place among others. */
  async #make(pid: number): Promise<string> {
    const groups = await Deno.readTextFile("/proc/self/cgroup");
    this.#own = CGROUPS + (/^\d+:cpu:(.*)$/m.exec(groups)?.[1] ?? "");
    const folder = `${this.#own}/qumo-bench-${pid}`;
    await Deno.mkdir(folder);
    return folder;
  }
}
