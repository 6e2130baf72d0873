import { print, quantile, round, Subject } from "./sdn_subject.ts";

const WATCHERS = 1000;
const CHANGES = 50;

/** What a change costs with many watchers, and how long it takes until each of them knows. */
export async function measureFanOut(): Promise<void> {
  await using controller = await Subject.controller({});
  await controller.put("/relay/relay-0", {});
  const stop = new AbortController();
  const latencies: number[] = [];
  let sentAt = 0;
  let missing = 0;
  let onAll = () => {};
  const heard = () => {
    latencies.push(performance.now() - sentAt);
    if (--missing === 0) onAll();
  };
  await Promise.all(
    Array.from({ length: WATCHERS }, () => watch(controller.url, { stop: stop.signal, heard })),
  );
  const cpu = await controller.cpuSeconds();
  const began = performance.now();
  for (let change = 0; change < CHANGES; change++) {
    const all = new Promise<void>((resolve) => onAll = resolve);
    missing = WATCHERS;
    sentAt = performance.now();
    await controller.put(`/announce/t${change}`, { relay: "relay-0" });
    await all;
  }
  const took = performance.now() - began;
  const used = await controller.cpuSeconds() - cpu;
  latencies.sort((a, b) => a - b);
  print({
    case: `${CHANGES} changes, one after the other, to ${WATCHERS} watchers`,
    eventsPerSecond: Math.round(latencies.length / took * 1000),
    cpuMicrosecondsPerEvent: round(used * 1e6 / latencies.length),
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  });
  stop.abort();
}

const EVENT = "event: announce\n";

/** Follows the announces of a controller; resolves once it has its snapshot. */
export async function watch(
  url: string,
  { stop, heard }: { stop: AbortSignal; heard: () => void },
): Promise<void> {
  const response = await fetch(`${url}/watch?scope=announces`, { signal: stop });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("event: ready")) text += (await reader.read()).value ?? "";
  void (async () => {
    text = "";
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      const pieces = (text + read.value).split(EVENT);
      for (let event = 1; event < pieces.length; event++) heard();
      // An event's name may be cut in two.
      text = pieces.at(-1)?.slice(1 - EVENT.length) ?? "";
    }
  })().catch(() => {});
}
