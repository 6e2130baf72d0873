/** Controllers that tell each other everything, of which one stands still for longer than a lease. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../support/deadline.ts";
import { freePort } from "../support/mesh/ports.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { becomes } from "../support/until.ts";

const TTL_SECONDS = 20;
const TRACKS = Array.from({ length: 20 }, (_, number) => `live/${number}`);

/** A controller with another one as its peer. */
function start(port: number, other: number): Promise<SdnProcess> {
  const graph = {
    peers: [`http://127.0.0.1:${other}`],
    node_ttl_sec: TTL_SECONDS,
    tombstone_ttl_sec: 3 * TTL_SECONDS,
    sync_interval_sec: 2,
  };
  return SdnProcess.start({ graph }, { port });
}

const announces = async (at: SdnProcess) => (await at.ask("GET", "/announce")).body.count;

const ends = async (at: SdnProcess) =>
  (await at.ask("GET", "/events")).body.events.filter((one: { kind: string }) =>
    one.kind === "relay_expired"
  );

Deno.test("a controller that stood still for longer than a lease ends nobody, and takes nothing from others", async () => {
  using deadline = new Deadline();
  const [here, there] = [freePort(), freePort()];
  await using running = await deadline.for("a controller", start(here, there));
  await using stopped = await deadline.for("a controller", start(there, here));
  let seq = 0;
  const beat = (at: SdnProcess) => at.ask("PUT", "/relay/r", { epoch: 1, seq: ++seq });
  await running.tell("PUT", "/relay/r", { epoch: 1, seq: ++seq, announces: TRACKS });
  await becomes(() => announces(stopped), TRACKS.length);
  stopped.kill("SIGSTOP");
  // It is in the socket of the one that stands still, which the relay then leaves for the other.
  const late = beat(stopped);
  const counts = new Set<number>();
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await deadline.for("a heartbeat", beat(running));
      counts.add(await announces(running));
      await sleep(systemClock, 1000);
    }
  };
  await pass(TTL_SECONDS + 3);
  stopped.kill("SIGCONT");
  await deadline.for("an answer to the late heartbeat", late);
  await pass(5);
  assert.deepEqual([...counts], [TRACKS.length]);
  await becomes(() => announces(stopped), TRACKS.length);
  assert.deepEqual([...await ends(running), ...await ends(stopped)], []);
});
