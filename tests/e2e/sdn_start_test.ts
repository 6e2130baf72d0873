/** A controller whose etcd is away when it starts, as processes. */
import assert from "node:assert/strict";
import { becomes } from "../support/until.ts";
import { etcdTest } from "../support/processes/etcd.ts";
import { freePort } from "../support/mesh/ports.ts";
import { ProgramProcess, runModule } from "../support/processes/program_process.ts";

etcdTest(
  "a controller whose etcd is away at its start lives, says so, and is ready when it comes",
  async (cluster) => {
    await cluster.kill(0);
    const controller = start(cluster.endpoints[0]!);
    const health = (probe: string) => controller.ask(`/health?probe=${probe}`);
    await becomes(async () => (await health("ready")).status, 503);
    assert.deepEqual(await (await health("live")).json(), {
      status: "starting",
      live: true,
      ready: false,
    });
    assert.equal((await controller.ask("/relay")).status, 503);
    await controller.program.says(/retrying/);

    cluster.launch(0);
    await cluster.ready();
    await becomes(async () => (await health("ready")).status, 200);
    assert.equal((await controller.ask("/relay")).status, 200);
    assert.equal(await controller.program.end(), 0);
    const [waiting, ...more] = controller.storeLines();
    assert.ok(waiting!.error.includes(`no member of etcd answers: ${cluster.endpoints[0]}: `));
    assert.deepEqual(more.map(({ message }) => message), ["store available"]);
  },
);

etcdTest("a controller that waits for etcd ends when it is told to", async (cluster) => {
  await cluster.kill(0);
  const controller = start(cluster.endpoints[0]!);
  await controller.program.says(/retrying/);
  assert.equal(await controller.program.end(), 0);
});

/** A controller on etcd that need not become ready. */
function start(endpoint: string) {
  const port = freePort();
  const run = runModule("sdn/main.ts", ["--address", `127.0.0.1:${port}`]);
  const env = { QUMO_SDN_STORE: "etcd", QUMO_SDN_ETCD_ENDPOINTS: endpoint };
  const program = new ProgramProcess(run, { env });
  return {
    program,
    /** What it logs about its store, once it has ended. */
    storeLines: (): { message: string; error: string }[] =>
      program.log().match(/^\{.*\}$/gm)!.map((line) => JSON.parse(line))
        .filter(({ message }) => /store/.test(message)),
    async ask(path: string) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return new Response(await response.text(), { status: response.status });
    },
  };
}
