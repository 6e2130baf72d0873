/** A relay and its controller when somebody else has the relay's name. */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";

// So long that no lease ends because its relay got no processor for a while.
const NODE_TTL_SEC = 15;

Deno.test("a relay that is fenced off is not ready, and is again when its name is free", async () => {
  await using program = await SdnProcess.start({
    graph: { node_ttl_sec: NODE_TTL_SEC },
  });
  await using relay = await startRelay({
    sdn: { urls: [program.url], relay_name: "tokyo", heartbeat_interval_sec: 1 },
  });
  const probe = async () => {
    const response = await fetch(`${relay.origin}/health?probe=ready`);
    const { ready, reason } = await response.json();
    return { status: response.status, ready, reason };
  };
  const registered = async () => {
    const response = await fetch(`${program.url}/relay/tokyo`);
    return { status: response.status, epoch: (await response.json()).epoch };
  };
  await becomes(async () => (await registered()).status, 200);
  const epoch = (await registered()).epoch + 300_000;
  let seq = 0;
  const isFenced = { status: 503, ready: false, reason: "name_taken" };
  await becomes(async () => {
    // The other process goes on for as long as the relay has not noticed.
    await program.register("tokyo", { epoch, seq: ++seq });
    return {
      ...await probe(),
      metric: /^qumo_relay_ready\{.*\} (.*)$/m.exec(await relay.metrics())?.[1],
    };
  }, { ...isFenced, metric: "0" });
  await becomes(probe, { status: 200, ready: true, reason: undefined });
  assert.equal((await registered()).epoch, epoch + 1);
});

Deno.test("a relay whose name an older process claims too says so, and stays ready", async () => {
  await using program = await SdnProcess.start();
  await using relay = await startRelay({
    sdn: { urls: [program.url], relay_name: "tokyo", heartbeat_interval_sec: 1 },
  });
  const conditions = async () => {
    const { conditions = [], ready } = await (await fetch(`${relay.origin}/health`)).json();
    return { conditions, ready };
  };
  const registered = async () => {
    const response = await fetch(`${program.url}/relay/tokyo`);
    await response.body?.cancel();
    return response.status;
  };
  await becomes(registered, 200);
  await becomes(conditions, { conditions: [], ready: true });
  await assert.rejects(program.register("tokyo", { epoch: 1, seq: 1 }));
  await becomes(conditions, { conditions: ["name_contested"], ready: true });
  assert.match(await relay.metrics(), /^qumo_relay_condition\{condition="name_contested".*\} 1$/m);
});
