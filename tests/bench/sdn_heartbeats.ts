import { load, type LoadResult, putRequest } from "./sdn_load.ts";
import { print, quantile, round, Subject } from "./sdn_subject.ts";

const RELAYS = 1000;
const NEIGHBORS = 8;
const CLIENTS = 32;
/** How long the engine is left to make itself ready, which a controller that runs for days has behind it. */
const WARM_UP_SECONDS = 2;

/** One case: a store, and whether heartbeats change something. */
export interface HeartbeatCase {
  readonly store: string;
  readonly config: object;
  readonly isChanging: boolean;
}

/** What the same requests cost a bare server, in requests for a second of processor time. */
export async function measureFloor(seconds: number): Promise<number> {
  await using floor = await Subject.floor();
  const { result, perSecondOfCpu } = await measure(floor, { isChanging: false, seconds });
  print({ case: "floor of heartbeats", ...figures(result), perSecondOfCpu });
  return perSecondOfCpu;
}

/** Heartbeats a second over HTTP, beside what the same requests cost the floor. */
export async function measureHeartbeats(
  { store, config, isChanging }: HeartbeatCase,
  { seconds, floor }: { seconds: number; floor: number },
): Promise<void> {
  await using controller = await Subject.controller(config);
  for (let relay = 0; relay < RELAYS; relay++) {
    await controller.put(`/relay/relay-${relay}`, registration(relay));
  }
  const { result, perSecondOfCpu } = await measure(controller, { isChanging, seconds });
  print({
    case: isChanging ? "heartbeats that change something" : "heartbeats",
    store,
    ...figures(result),
    perSecondOfCpu,
    timesTheFloor: round(floor / perSecondOfCpu),
  });
}

async function measure(
  subject: Subject,
  { isChanging, seconds }: { isChanging: boolean; seconds: number },
) {
  const body = (relay: number, number: number) => ({
    ...registration(relay),
    ...(isChanging && { region: `eu-${number}` }),
  });
  let offset = 0;
  const known = new Map<number, Uint8Array>();
  const next = (number: number) => {
    const relay = number % RELAYS;
    const write = () => putRequest(`/relay/relay-${relay}`, body(relay, offset + number));
    if (isChanging) return write();
    // What is sent again need not be written again, or the load would cost more than its subject.
    const request = known.get(relay) ?? write();
    known.set(relay, request);
    return request;
  };
  const { count } = await load(subject.url, { clients: CLIENTS, seconds: WARM_UP_SECONDS, next });
  // Goes on counting: what was said while warming up would be no change.
  offset = count + CLIENTS;
  const before = await subject.cpuSeconds();
  const result = await load(subject.url, { clients: CLIENTS, seconds, next });
  const used = await subject.cpuSeconds() - before;
  return { result, perSecondOfCpu: Math.round(result.count / used) };
}

function registration(relay: number) {
  const neighbors = Object.fromEntries(
    Array.from(
      { length: NEIGHBORS },
      (_, i) => [`relay-${(relay + (i + 1) * 37) % RELAYS}`, 1 + i],
    ),
  );
  return { region: "eu", address: `https://relay-${relay}:4433`, neighbors };
}

function figures({ count, seconds, latencies }: LoadResult) {
  return {
    perSecond: Math.round(count / seconds),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  };
}
