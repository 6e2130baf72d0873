import { loadavg } from "node:os";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { BenchRelay, CrowdCounts } from "./sdn_relays.ts";
import { Random } from "../support/random.ts";
import { print, quantile, round, Subject } from "./sdn_subject.ts";

const random = new Random(2);

const TTL_SECONDS = 15;
const BEAT_MS = 5000;
const ANNOUNCES_PER_RELAY = 10;
/** Relays that start in a second: a thousand in a minute. */
const STARTS_PER_SECOND = 17;
/** How long all may take to be ready before the case is given up. */
const PATIENCE_MS = 60_000;
const CHANGES_PER_SECOND = 20;

type Policy = "static" | "rtt";

/**
 * What a controller costs with so many relays that beat every 5 seconds and follow it: their start,
 * quiet, noise in what they measure, announces, the death of one, and all of them coming back.
 */
export async function measureSize(size: number, seconds: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
  for (const policy of ["static", "rtt"] as const) {
    const config = {
      graph: { node_ttl_sec: TTL_SECONDS, cost_policy: policy, data_dir: `${folder}/${policy}` },
    };
    const controller = await Subject.controller(config);
    await new Crowd(controller, { size, seconds, policy, config }).run();
  }
  await Deno.remove(folder, { recursive: true });
}

/** Relays of one controller, in one process. */
class Crowd {
  #controller: Subject;
  readonly #about: { size: number; seconds: number; policy: Policy; config: object };
  /** What relays that come back have. */
  #since: number | undefined;
  readonly #counts = new CrowdCounts();
  readonly #relays: BenchRelay[];
  #heard: (event: string, rest: string) => void = () => {};
  #isOver = false;

  constructor(
    controller: Subject,
    about: { size: number; seconds: number; policy: Policy; config: object },
  ) {
    this.#controller = controller;
    this.#about = about;
    this.#relays = Array.from({ length: about.size }, (_, number) =>
      new BenchRelay({
        url: controller.url,
        number,
        size: about.size,
        announces: ANNOUNCES_PER_RELAY,
        counts: this.#counts,
        since: () => this.#since,
        heard: (event, rest) => this.#heard(event, rest),
      }));
  }

  async run(): Promise<void> {
    const { seconds, policy } = this.#about;
    await this.#part("start", () => this.#start());
    // What the start left to be done is no cost of quiet.
    await delay(BEAT_MS);
    await this.#part("quiet", () => delay(seconds * 1000));
    for (const relay of this.#relays) relay.isNoisy = true;
    await this.#part("noise begins", () => delay(2 * BEAT_MS));
    await this.#part("noise", () => delay(seconds * 1000));
    for (const relay of this.#relays) relay.isNoisy = false;
    if (policy === "static") {
      await this.#part("announces", () => this.#announce(seconds));
      await this.#part("one dies", () => this.#kill());
      await this.#part("all come back", () => this.#comeBack());
      await this.#part("restart", () => this.#restart());
    }
    this.#isOver = true;
    for (const relay of this.#relays) relay.stop();
    await this.#controller[Symbol.asyncDispose]();
  }

  /** Measures one part and prints it. */
  async #part(name: string, act: () => Promise<object | void>): Promise<void> {
    this.#counts.reset();
    const before = await this.#said();
    const controller = this.#controller;
    const cpu = await controller.cpuSeconds();
    const began = performance.now();
    const figures = await act();
    const took = (performance.now() - began) / 1000;
    const used = await this.#controller.cpuSeconds() - (controller === this.#controller ? cpu : 0);
    const { beats, failures, lost, bytes, events } = this.#counts;
    const after = await this.#said();
    beats.sort((a, b) => a - b);
    print({
      case: name,
      relays: this.#about.size,
      policy: this.#about.policy,
      cpuPercent: round(100 * used / took),
      cpuSeconds: round(used),
      seconds: round(took),
      megabytes: round(bytes / 1e6),
      beats: beats.length,
      failures,
      lost,
      revisions: after.revision - before.revision,
      expired: after.expired - before.expired,
      prolonged: after.prolonged - before.prolonged,
      beatP50: quantile(beats, 0.5),
      beatP99: quantile(beats, 0.99),
      events: Object.fromEntries(events),
      rssMiB: await this.#controller.rssMiB(),
      load: round(loadavg()[0] ?? 0),
      ...figures,
    });
  }

  /** What the controller counts itself. */
  async #said() {
    const text = await (await fetch(`${this.#controller.url}/metrics`)).text();
    const read = (series: string) => Number(text.split(`\n${series} `)[1]?.split("\n")[0] ?? 0);
    return {
      revision: read("qumo_sdn_revision"),
      expired: read('qumo_sdn_events_total{kind="relay_expired",result="kept"}'),
      prolonged: read("qumo_sdn_leases_prolonged_total"),
    };
  }

  async #start(): Promise<object> {
    let started = 0;
    for (const relay of this.#relays) {
      void this.#live(relay);
      await delay(1000 / STARTS_PER_SECOND);
      started++;
    }
    const last = performance.now();
    await this.#allReady(started);
    return { secondsAfterTheLast: round((performance.now() - last) / 1000) };
  }

  async #live(relay: BenchRelay): Promise<void> {
    await relay.beat();
    void relay.watch();
    while (!this.#isOver) {
      await delay(BEAT_MS * (0.9 + 0.2 * random.below(1000) / 1000));
      if (!this.#isOver) await relay.beat();
    }
  }

  async #allReady(count: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.#counts.ready < count && performance.now() < end) await delay(50);
    print({ ready: this.#counts.ready, of: count });
  }

  /** Announces at a rate; how long each takes until every watcher has heard of it. */
  async #announce(seconds: number): Promise<object> {
    const latencies: number[] = [];
    const sent = new Map<string, number>();
    this.#heard = (event, rest) => {
      if (event !== "announce") return;
      const at = sent.get(/bench-\d+/.exec(rest)?.[0] ?? "");
      if (at !== undefined) latencies.push(performance.now() - at);
    };
    const changes = seconds * CHANGES_PER_SECOND;
    for (let change = 0; change < changes; change++) {
      sent.set(`bench-${change}`, performance.now());
      await this.#controller.put(`/announce/bench-${change}`, { relay: "relay-0" });
      await delay(1000 / CHANGES_PER_SECOND);
    }
    await delay(1000);
    latencies.sort((a, b) => a - b);
    return { changes, heard: latencies.length, ...quantiles(latencies) };
  }

  /** The links of one relay go down: how long until every watcher has heard the last of it. */
  async #kill(): Promise<object> {
    const victim = this.#relays[0]!;
    const began = performance.now();
    this.#heard = () => {};
    const neighbors = this.#relays.filter(({ name }) => victim.neighbors.has(name));
    for (const neighbor of neighbors) neighbor.down.add(victim.name);
    await Promise.all(neighbors.map((neighbor) => neighbor.beat()));
    await delay(5000);
    const last = this.#relays.map(({ heardAt }) => heardAt - began).filter((time) => time > 0);
    last.sort((a, b) => a - b);
    return { heard: last.length, ...quantiles(last), all: round(last.at(-1) ?? 0) };
  }

  async #comeBack(): Promise<object> {
    this.#heard = () => {};
    this.#counts.ready = 0;
    for (const relay of this.#relays) relay.leave();
    const began = performance.now();
    for (const relay of this.#relays) void relay.watch();
    await this.#allReady(this.#relays.length);
    return { secondsUntilReady: round((performance.now() - began) / 1000) };
  }

  /** The controller is killed and started again; relays have all but the newest change. */
  async #restart(): Promise<object> {
    this.#counts.ready = 0;
    this.#since = (await this.#said()).revision - 1;
    const { port } = new URL(this.#controller.url);
    await this.#controller.kill();
    const began = performance.now();
    this.#controller = await Subject.controller(this.#about.config, Number(port));
    const started = performance.now();
    await this.#allReady(this.#relays.length);
    this.#since = undefined;
    return {
      secondsToStart: round((started - began) / 1000),
      secondsUntilReady: round((performance.now() - began) / 1000),
    };
  }
}

function delay(milliseconds: number): Promise<void> {
  return sleep(systemClock, milliseconds);
}

function quantiles(sorted: readonly number[]) {
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}
