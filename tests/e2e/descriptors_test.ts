import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../support/deadline.ts";
import { type ProgramProcess, startProgram } from "../support/processes/program_process.ts";

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
      await deadline.for("word of it", running.says(/cannot accept HTTP connections/));
    } finally {
      for (const connection of connections) connection.close();
    }
    await deadline.for("an answer", answers(running.port, deadline.signal));
    assert.match(
      await running.get("/metrics"),
      /_http_connections_dropped_total\{reason="accept_failed"\} [1-9]/,
    );
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

function start(program: string): Promise<ProgramProcess> {
  const main = `${program}/main.ts`;
  const run = `exec "$0" run --quiet --allow-all ${main} --address 127.0.0.1:0`;
  return startProgram(["sh", "-c", `ulimit -n ${DESCRIPTORS}; ${run}`, Deno.execPath()]);
}
