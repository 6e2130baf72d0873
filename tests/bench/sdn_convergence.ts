import { watch } from "./sdn_fan_out.ts";
import { print, quantile, Subject } from "./sdn_subject.ts";
import { freePort } from "../support/mesh/ports.ts";

const CONTROLLERS = 3;
const CHANGES = 200;

/** How long it takes until what one of three controllers was told, the watchers of the others know. */
export async function measureConvergence(
  how: string,
  config: (others: readonly string[]) => object,
): Promise<void> {
  const ports = Array.from({ length: CONTROLLERS }, freePort);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  await using stack = new AsyncDisposableStack();
  const controllers: Subject[] = [];
  for (const [place, port] of ports.entries()) {
    const others = urls.filter((_, other) => other !== place);
    controllers.push(stack.use(await Subject.controller(config(others), port)));
  }
  await controllers[0]?.put("/relay/relay-0", {});
  const stop = new AbortController();
  let missing = 0;
  let onAll = () => {};
  const heard = () => {
    if (--missing === 0) onAll();
  };
  for (const { url } of controllers) await watch(url, { stop: stop.signal, heard });
  const latencies: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const all = new Promise<void>((resolve) => onAll = resolve);
    missing = CONTROLLERS;
    const began = performance.now();
    await controllers[change % CONTROLLERS]?.put(`/announce/t${change}`, { relay: "relay-0" });
    await all;
    latencies.push(performance.now() - began);
  }
  stop.abort();
  latencies.sort((a, b) => a - b);
  print({
    case: `a change at one of ${CONTROLLERS} controllers, until all of them tell it`,
    how,
    changes: CHANGES,
    p50: quantile(latencies, 0.5),
    p99: quantile(latencies, 0.99),
  });
}
