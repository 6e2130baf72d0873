/** Both programs beside a controller of the Go program. */
import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { becomes } from "../support/until.ts";
import { goController } from "../support/processes/go_controller.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

function serveGo() {
  const go = goController(() => systemClock.now());
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, go.answer);
  return { go, server, url: `http://127.0.0.1:${server.addr.port}` };
}

Deno.test("a relay at a Go controller registers, says that it is older, and deregisters", async () => {
  const { go, server, url } = serveGo();
  const relay = await startRelay({ sdn: { urls: [url], relay_name: "tokyo" } });
  await becomes(() => Promise.resolve(go.relays()), ["tokyo"]);
  await becomes(async () => {
    const response = await fetch(`${relay.origin}/health?probe=ready`);
    return await response.json();
  }, { ready: true, conditions: ["controller_outdated"] });
  await relay.end();
  assert.equal(relay.log().split("older than this relay").length, 2, relay.log());
  assert.deepEqual(go.relays(), []);
  await server.shutdown();
});

Deno.test("a controller whose peer is a Go controller says once that nothing is exchanged", async () => {
  const { server, url } = serveGo();
  await using program = await SdnProcess.start({
    graph: { peers: [url], sync_interval_sec: 0.1 },
  });
  const lost = async () => {
    const { events } = await (await fetch(`${program.url}/events`)).json();
    const lines = events.filter(({ kind }: { kind: string }) => kind === "peer_lost");
    return lines.map(({ detail }: { detail: string }) => detail);
  };
  const detail =
    "it is older than this controller and has no POST /sync/digest: nothing is exchanged";
  await becomes(lost, [detail]);
  await server.shutdown();
});
