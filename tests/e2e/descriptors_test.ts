import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { fileURLToPath } from "node:url";
import { Deadline } from "../support/deadline.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Descriptors of the program that is tried, and connections that are more than it can take. */
const DESCRIPTORS = 160;
const CONNECTIONS = 300;

for (const program of ["relay", "sdn"]) {
  Deno.test(`${program}: HTTP answers again after the last descriptor was in use`, async () => {
    using deadline = new Deadline();
    await using running = await start(program);
    const connections: Deno.Conn[] = [];
    try {
      for (let count = 0; count < CONNECTIONS; count++) {
        connections.push(await Deno.connect({ hostname: "127.0.0.1", port: running.port }));
      }
      await deadline.for("word of it", running.says("cannot accept HTTP connections"));
    } finally {
      for (const connection of connections) connection.close();
    }
    await deadline.for("an answer", answers(running.port, deadline.signal));
    const metrics = await (await fetch(`http://127.0.0.1:${running.port}/metrics`)).text();
    assert.match(metrics, /_http_connections_dropped_total\{reason="accept_failed"\} [1-9]/);
  });
}

async function answers(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined);
    await response?.body?.cancel();
    if (response?.status === 200) return;
    await sleep(systemClock, 50);
  }
}

async function start(program: string) {
  const command = `ulimit -n ${DESCRIPTORS}; exec "$0" run --quiet --allow-all ` +
    `${program}/main.ts --address 127.0.0.1:0`;
  const child = new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath()],
    cwd: ROOT,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let log = "";
  const news: (() => void)[] = [];
  const collect = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      log += text;
      for (const wake of news.splice(0)) wake();
    }
  };
  const collected = Promise.all([collect(child.stdout), collect(child.stderr)]);
  const says = async (pattern: string | RegExp) => {
    while (log.match(pattern) === null) {
      await Promise.race([new Promise<void>((wake) => news.push(wake)), collected]);
    }
    return log.match(pattern);
  };
  const port = Number((await says(/127\.0\.0\.1:(\d+)/))?.[1]);
  return {
    port,
    says,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await collected;
    },
  };
}
