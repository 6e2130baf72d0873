import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { EventReader } from "@qumo/shared/topology";
import { Deadline } from "../support/deadline.ts";
import { halfHeadsEnd } from "../support/peers/half_heads.ts";
import { podOf } from "../support/processes/pod.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { until } from "../support/until.ts";

/** More than any event has. */
const MAX_EVENT_LENGTH = 2 ** 28;
const CONFIG = { graph: { node_ttl_sec: 30 } };

/** A relay beside the attack: it beats and follows, and each must go on. */
class Canary implements AsyncDisposable {
  readonly #controller: SdnProcess;
  readonly #stop = new AbortController();
  // Another address than the attack's: what one client may ask is bounded.
  readonly #client = Deno.createHttpClient({ localAddress: "127.0.0.2" });
  readonly #running: Promise<unknown>;
  /** Rejects when a beat was refused or the stream ended. */
  readonly failed: Promise<void>;
  beats = 0;
  heard = 0;

  constructor(controller: SdnProcess) {
    this.#controller = controller;
    this.#running = Promise.all([this.#beat(), this.#follow()]);
    this.failed = this.#running.then(() => {});
  }

  async #beat(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const body = { announces: [`canary/${this.beats}`] };
      const response = await fetch(`${this.#controller.url}/relay/canary`, {
        method: "PUT",
        body: JSON.stringify(body),
        client: this.#client,
      });
      assert.equal(response.status, 200, await response.text());
      this.beats++;
      await sleep(systemClock, 100, this.#stop.signal);
    }
  }

  // Like a relay: whose place is gone begins with a snapshot again.
  async #follow(): Promise<void> {
    while (!this.#stop.signal.aborted) await this.#followOnce(this.#stop.signal);
  }

  async #followOnce(signal: AbortSignal): Promise<void> {
    const response = await fetch(`${this.#controller.url}/watch?scope=announces`, {
      client: this.#client,
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    const leave = () => void reader.cancel();
    signal.addEventListener("abort", leave);
    const reading = new EventReader({ line: MAX_EVENT_LENGTH, event: MAX_EVENT_LENGTH });
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      for (const { event, data } of reading.read(read.value)) {
        if (event === "history_gone") leave();
        const [, beat] = /"canary\/(\d+)"/.exec(data) ?? [];
        if (beat !== undefined) this.heard = Math.max(this.heard, Number(beat));
      }
    }
    signal.removeEventListener("abort", leave);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#client.close();
  }
}

async function attacked(attack: (controller: SdnProcess) => Promise<void>): Promise<void> {
  using deadline = new Deadline();
  await using pod = await podOf("controller");
  await using controller = await SdnProcess.start(CONFIG, pod.launch);
  let beats = 0;
  {
    await using canary = new Canary(controller);
    await deadline.for("the attack", Promise.race([attack(controller), canary.failed]));
    beats = canary.beats;
    await until("beats after it", () => canary.beats > beats + 2);
    await until("word of the newest beat", () => canary.heard >= beats);
  }
  assert.ok(beats > 0);
  await pod.verdict(controller);
}

/** Asks as fast as the controller lets it; gives the code of a refusal. */
async function insist(controller: SdnProcess, path: string, body: unknown): Promise<string> {
  for (;;) {
    const answer = await controller.ask("PUT", path, body);
    if (answer.status !== 429 || answer.body.code !== "rate_limited") return answer.body.code;
    await sleep(systemClock, 20);
  }
}

function list(prefix: string, { count, bytes }: { count: number; bytes: number }): string[] {
  return Array.from({ length: count }, (_, at) => `${prefix}/${at}/`.padEnd(bytes, "x"));
}

Deno.test("a relay that announces other things with each heartbeat does not use up the memory", async () => {
  await attacked(async (controller) => {
    const size = { count: 10_000, bytes: 400 };
    const lists = [list("a", size), list("b", size)];
    for (let turn = 0; turn < 30; turn++) {
      const body = { announces: lists[turn % 2] };
      await insist(controller, "/relay/mallory", body);
    }
  });
});

Deno.test("announces of many relays end where their room does", async () => {
  await attacked(async (controller) => {
    let refused = 0;
    for (let relay = 0; relay < 24; relay++) {
      const announces = list(`r${relay}`, { count: 5000, bytes: 770 });
      const code = await insist(controller, `/relay/r${relay}`, { announces });
      if (code === "limit_reached") refused++;
    }
    assert.ok(refused > 0, "everything fitted");
  });
});

Deno.test("watchers that never read hold next to nothing, and are ended", async () => {
  await attacked(async (controller) => {
    for (let relay = 0; relay < 4; relay++) {
      const announces = list(`r${relay}`, { count: 5000, bytes: 770 });
      await insist(controller, `/relay/r${relay}`, { announces });
    }
    const { hostname, port } = new URL(controller.url);
    const request = "GET /watch HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const watchers: Deno.Conn[] = [];
    try {
      for (let count = 0; count < 200; count++) {
        const watcher = await Deno.connect({ hostname, port: Number(port) });
        watchers.push(watcher);
        await watcher.write(new TextEncoder().encode(request));
      }
      const stalled = /dropped_total\{reason="stalled"\} [1-9]/;
      const metrics = async () => await (await fetch(`${controller.url}/metrics`)).text();
      while (!stalled.test(await metrics())) await sleep(systemClock, 500);
    } finally {
      for (const watcher of watchers) watcher.close();
    }
  });
});

Deno.test("half heads of requests end, and relays are answered meanwhile", async () => {
  await attacked((controller) => halfHeadsEnd(controller.url));
});

Deno.test("searches among 2000 relays without end keep no relay from beating", async () => {
  await attacked(async (controller) => {
    const relays = 2_000;
    for (let relay = 0; relay < relays; relay++) {
      const neighbors = { [`r${(relay + 1) % relays}`]: 1, [`r${(relay * 7 + 3) % relays}`]: 2 };
      await insist(controller, `/relay/r${relay}`, { neighbors });
    }
    const until = systemClock.now() + 5_000;
    const search = async () => {
      while (systemClock.now() < until) {
        await controller.ask("GET", "/route?from=r0&to=r999&k=16&explain=true");
      }
    };
    await Promise.all(Array.from({ length: 40 }, search));
  });
});
