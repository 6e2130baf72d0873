import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { EtcdStore } from "../../../sdn/store/mod.ts";
import { etcdCall, type EtcdCluster } from "./etcd.ts";
import { PATIENCE_MS } from "../until.ts";
import { START, type TestAnswer, testController } from "../worlds/sdn_controller.ts";
import type { ManualClock } from "../worlds/manual_clock.ts";

/** What a store of these tests is like unless they say otherwise. */
export interface EtcdGiven {
  readonly leaseMs?: number;
  readonly timeoutMs?: number;
  readonly prefix?: string;
  readonly endpoints?: readonly string[];
  readonly user?: string;
  readonly password?: string;
}

/** What the keys of these tests begin with. */
export const PREFIX = "/qumo-sdn/";

/** How long a member that answers nothing is waited for, where that is what is tried. */
export const IMPATIENT = { timeoutMs: 1500 };

/** A controller on etcd, under the real clock. */
export async function controllerOn(cluster: EtcdCluster, given: EtcdGiven = {}) {
  const { leaseMs = 90_000, prefix = PREFIX, endpoints = cluster.endpoints } = given;
  const name = `c${crypto.randomUUID().slice(0, 8)}`;
  const store = new EtcdStore({
    endpoints,
    user: given.user ?? "",
    password: given.password ?? "",
    timeoutMs: given.timeoutMs ?? PATIENCE_MS,
    clock: systemClock,
    fetch,
    prefix,
    timeline: { toWall: (time) => START + time, fromWall: (wall) => wall - START },
    leaseMs,
    tombstoneMs: 3_600_000,
    firstRevision: 0,
  });
  const made = await testController({
    // Nothing here moves it: etcd's time goes on by itself.
    clock: systemClock as ManualClock,
    store,
    controller: { name, leaseMs },
  });
  const { ask, controller } = made;
  return { ...made, store, ask, [Symbol.asyncDispose]: () => controller.close() };
}

/** How a controller is asked. */
export type Ask = Awaited<ReturnType<typeof testController>>["ask"];

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
  const [key, range_end] = [btoa(PREFIX), btoa("/qumo-sdn0")];
  const { header, kvs = [] } = await etcdCall(cluster.endpoints[0] as string, "/v3/kv/range", {
    key,
    range_end,
  });
  const keys: { name: string; lease: string }[] = kvs.map((
    pair: { key: string; lease?: string },
  ) => ({ name: atob(pair.key).slice(PREFIX.length), lease: pair.lease ?? "0" }));
  const others = keys.filter(({ name }) => name !== "format");
  return { revision: header.revision as string, keys: others };
}
