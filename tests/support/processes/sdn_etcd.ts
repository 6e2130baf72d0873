import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { type EtcdOptions, EtcdStore } from "../../../sdn/store/etcd.ts";
import { etcdCall, type EtcdCluster } from "./etcd.ts";
import { PATIENCE_MS } from "../until.ts";
import { type Ask, START, type TestAnswer, testController } from "../worlds/sdn_controller.ts";
import type { ManualClock } from "../worlds/manual_clock.ts";

/** What the keys of these tests begin with. */
export const PREFIX = "/qumo-sdn/";

/** How long a member that answers nothing is waited for, where that is what is tried. */
export const IMPATIENT = { timeoutMs: 1500 };

/** A controller on etcd, under the real clock. */
export async function controllerOn(cluster: EtcdCluster, given: Partial<EtcdOptions> = {}) {
  const { leaseMs = 90_000 } = given;
  const store = new EtcdStore({
    endpoints: cluster.endpoints,
    user: "",
    password: "",
    timeoutMs: PATIENCE_MS,
    clock: systemClock,
    fetch,
    prefix: PREFIX,
    timeline: { toWall: (time) => START + time, fromWall: (wall) => wall - START },
    leaseMs,
    tombstoneMs: 3_600_000,
    firstRevision: 0,
    ...given,
  });
  const made = await testController({
    // Nothing here moves it: etcd's time goes on by itself.
    clock: systemClock as ManualClock,
    store,
    controller: { name: `c${crypto.randomUUID().slice(0, 8)}`, leaseMs },
  });
  return { ...made, store, [Symbol.asyncDispose]: () => made.controller.close() };
}

/** The names of the relays that live. */
export async function names(ask: Ask): Promise<string[]> {
  return (await ask("GET", "/relay")).body.relays.map((one: { relay: string }) => one.relay);
}

/** The tracks that are announced, once for each relay. */
export async function tracks(ask: Ask): Promise<string[]> {
  return (await ask("GET", "/announce")).body.entries.map((one: { track: string }) => one.track);
}

/** The region of the relay `a`. */
export async function region(ask: Ask): Promise<string> {
  return (await ask("GET", "/relay/a")).body.region;
}

/** Whether the controller calls itself ready. */
export async function isReady(ask: Ask): Promise<boolean> {
  return (await ask("GET", "/health")).status === 200;
}

/** The body of an answer that must not be a refusal. */
export function accepted(answer: TestAnswer): TestAnswer["body"] {
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  return answer.body;
}

/** A measurement, for whoever reads the tests' output. */
export function say(text: string): void {
  // deno-lint-ignore no-console -- where a test's words belong
  console.log(text);
}

/** Every key of the store but the mark of its format, with its revision and lease. */
export async function keysIn(cluster: EtcdCluster) {
  const range = { key: btoa(PREFIX), range_end: btoa("/qumo-sdn0") };
  const { header, kvs = [] } = await etcdCall(cluster.endpoints[0]!, "/v3/kv/range", range);
  const keys = (kvs as { key: string; lease?: string }[])
    .map(({ key, lease = "0" }) => ({ name: atob(key).slice(PREFIX.length), lease }))
    .filter(({ name }) => name !== "format");
  return { revision: header.revision as string, keys };
}
