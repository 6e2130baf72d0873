import assert from "node:assert/strict";
import { Canary } from "./canary.ts";
import { HonestPeer } from "./honest_peer.ts";
import { ScriptedPeer } from "../peers/scripted_peer.ts";
import { type RelayTest, relayTest } from "../processes/relay_test_case.ts";
import type { RelayProcess } from "../processes/relay_process.ts";
import { until } from "../until.ts";

/** What hostile peers do. */
type Attack = (context: RelayTest) => Promise<void>;

/** What is different from the usual in one case. */
export interface FaultOptions {
  /** Sections of the relay's configuration. */
  readonly config?: { readonly [section: string]: unknown };
  /** Memory that the relay may have more afterwards, in MiB. */
  readonly growthMiB?: number;
}

/**
 * So short that a test sees what happens behind them, and so long that nobody runs into one by accident
 * who waits for a processor: a session that a machine made late would be counted as one that was refused.
 */
const CONFIG = {
  server: { idle_timeout_ms: 40_000, keep_alive_ms: 1_000, handshake_timeout_ms: 15_000 },
  cache: { max_bytes: 33_554_432 },
};

/**
 * What the relay's memory may have grown by when all is over. It is well below what the cases send or
 * open, and above what the collector leaves lying about and the code that is compiled on the way.
 */
const GROWTH_MIB = 64;
const MIB = 1024 * 1024;

/**
 * Left alone, the engine collects when its own heap has grown, and does not see what connections and
 * streams take outside of it. Told to collect often, and to do with little, it shows what is still in
 * use; a heap that grows beyond this ends the process, and with it the test.
 */
const V8_FLAGS = ["--max-old-space-size=96", "--gc-interval=20000"];

/**
 * Registers a test in which peers do their worst to a relay, over QUIC and in a process of its own,
 * while a canary runs. Afterwards the canary has lost nothing, only its sessions are left, the relay
 * is ready and without a fault, and its memory has come back.
 */
export function faultTest(name: string, attack: Attack, options: FaultOptions = {}): void {
  const { growthMiB = GROWTH_MIB } = options;
  const config = { ...CONFIG, ...options.config };
  const attackAndRecover: Attack = async (context) => {
    const { relay } = context;
    const before = await relay.residentBytes();
    await attack(context);
    // Nobody but the canary is there.
    const isOver = async () => await counter(relay, "qumo_relay_sessions_active") <= 2;
    await until("the sessions to end", isOver);
    const isBack = async () => await relay.residentBytes() <= before + growthMiB * MIB;
    await until("the memory to come back", isBack);
  };
  relayTest(name, (context) => besideCanary(context, attackAndRecover), {
    config,
    v8Flags: V8_FLAGS,
  });
}

/**
 * As {@linkcode faultTest}, with the relay as it is by itself and the memory that our files for
 * Kubernetes give it: all of it may be used, and the kernel kills who wants more.
 */
export function podTest(name: string, attack: Attack): void {
  relayTest(name, (context) => besideCanary(context, attack), { inPod: true });
}

/** Attacks while a canary runs, which must lose nothing; nor may the relay be at fault. */
async function besideCanary(context: RelayTest, attack: Attack): Promise<void> {
  const { relay, deadline } = context;
  const connect = async () => new HonestPeer(await ScriptedPeer.dial(relay));
  const canary = await deadline.for("the canary to start", Canary.start(connect));
  const enough = new AbortController();
  const running = canary.run(enough.signal);
  running.catch(() => {});
  try {
    await attack(context);
    enough.abort();
    await deadline.for("the canary's last object", running);
    const ended = 'qumo_relay_sessions_ended_total{reason="internal_error"}';
    for (const fault of ["qumo_relay_unhandled_errors_total", ended]) {
      assert.equal(await counter(relay, fault), 0, fault);
    }
    const ready = await fetch(`${relay.origin}/health?probe=ready`);
    await ready.body?.cancel();
    assert.equal(ready.status, 200, "The relay is not ready any more");
  } finally {
    enough.abort();
    canary.close();
  }
}

/** The value of a series of `/metrics`, or the sum of all with a name; 0 when there is none. */
export async function counter(relay: RelayProcess, series: string): Promise<number> {
  const lines = (await relay.metrics()).split("\n")
    .filter((line) => line.startsWith(`${series} `) || line.startsWith(`${series}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}
