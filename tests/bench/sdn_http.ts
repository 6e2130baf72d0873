import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const RELAYS = 1000;
const CLIENTS = 32;
const WATCHERS = 1000;

/**
 * Measures the controller over HTTP, as its own process: heartbeats a second with and without changes
 * on each store, and what a change costs with many watchers. Prints one JSON line for each case.
 */
export async function benchController(seconds: number): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "qumo_bench_" });
  for (const changing of [false, true]) {
    await heartbeats({ store: "memory", dataDir: "", changing, seconds });
    await heartbeats({ store: "sqlite", dataDir: `${folder}/${changing}`, changing, seconds });
  }
  await fanOut();
  await Deno.remove(folder, { recursive: true });
}

async function start(dataDir: string) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "sdn/main.ts", "--address", "127.0.0.1:0"],
    cwd: root,
    env: { QUMO_SDN_SERVER_REQUESTS_PER_SECOND: "0", QUMO_SDN_GRAPH_DATA_DIR: dataDir },
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) text += (await reader.read()).value ?? "\n";
  const url = /http:\/\/\S+/.exec(text)?.[0] ?? "";
  return {
    url,
    async cpuSeconds() {
      const stat = await Deno.readTextFile(`/proc/${child.pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) / 100;
    },
    async end() {
      child.kill("SIGTERM");
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}

async function put(url: string, relay: number, body: object): Promise<void> {
  const response = await fetch(`${url}/relay/relay-${relay}`, {
    method: "PUT",
    body: JSON.stringify(body),
  });
  await response.body?.cancel();
  if (response.status !== 200) throw new Error(`${response.status}`);
}

function registration(relay: number) {
  const neighbors = Object.fromEntries(
    Array.from({ length: 8 }, (_, i) => [`relay-${(relay + (i + 1) * 37) % RELAYS}`, 1 + i]),
  );
  return { region: "eu", address: `https://relay-${relay}:4433`, neighbors };
}

async function heartbeats({ store, dataDir, changing, seconds }: {
  store: string;
  dataDir: string;
  changing: boolean;
  seconds: number;
}): Promise<void> {
  const controller = await start(dataDir);
  for (let relay = 0; relay < RELAYS; relay++) {
    await put(controller.url, relay, registration(relay));
  }
  let count = 0;
  const latencies: number[] = [];
  const cpu = await controller.cpuSeconds();
  const began = performance.now();
  const client = async (first: number) => {
    for (let relay = first; performance.now() - began < seconds * 1000; relay += CLIENTS) {
      const body = { ...registration(relay % RELAYS), ...(changing && { region: `eu-${relay}` }) };
      const sent = performance.now();
      await put(controller.url, relay % RELAYS, body);
      latencies.push(performance.now() - sent);
      count++;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(i)));
  const took = (performance.now() - began) / 1000;
  const used = await controller.cpuSeconds() - cpu;
  latencies.sort((a, b) => a - b);
  print({
    case: changing ? "heartbeats that change something" : "heartbeats",
    store,
    perSecond: Math.round(count / took),
    perSecondOfCpu: Math.round(count / used),
    p50: round(latencies[Math.floor(latencies.length * 0.5)]),
    p99: round(latencies[Math.floor(latencies.length * 0.99)]),
  });
  await controller.end();
}

async function fanOut(): Promise<void> {
  const controller = await start("");
  await put(controller.url, 0, {});
  const received = new Uint32Array(WATCHERS);
  let total = 0;
  let notify = () => {};
  const stop = new AbortController();
  await Promise.all(Array.from({ length: WATCHERS }, async (_, i) => {
    const response = await fetch(`${controller.url}/watch?scope=announces`, {
      signal: stop.signal,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes("event: ready")) text += (await reader.read()).value ?? "";
    void (async () => {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        const events = read.value.split("event: announce\n").length - 1;
        received[i] = (received[i] ?? 0) + events;
        total += events;
        notify();
      }
    })().catch(() => {});
  }));
  const changes = 50;
  const began = performance.now();
  const cpu = await controller.cpuSeconds();
  for (let i = 0; i < changes; i++) {
    const response = await fetch(`${controller.url}/announce/t${i}`, {
      method: "PUT",
      body: JSON.stringify({ relay: "relay-0" }),
    });
    await response.body?.cancel();
  }
  await new Promise<void>((resolve) => {
    notify = () => void (total >= changes * WATCHERS && resolve());
    notify();
  });
  const took = performance.now() - began;
  const used = await controller.cpuSeconds() - cpu;
  print({
    case: `${changes} changes to ${WATCHERS} watchers`,
    milliseconds: Math.round(took),
    eventsPerSecond: Math.round(total / took * 1000),
    cpuMicrosecondsPerEvent: round(used * 1e6 / total),
  });
  stop.abort();
  await controller.end();
}

function round(value: number | undefined): number {
  return Math.round((value ?? 0) * 100) / 100;
}

function print(result: object): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(result)}\n`));
}
