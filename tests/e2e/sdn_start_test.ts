/** A controller whose etcd is away when it starts, as processes. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { becomes } from "../support/becomes.ts";
import { EtcdCluster, etcdTest } from "../support/processes/etcd.ts";
import { freePort } from "../support/mesh/ports.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

etcdTest(
  "a controller whose etcd is away at its start lives, says so, and is ready when it comes",
  async () => {
    await using cluster = await EtcdCluster.start(1);
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
    await becomes(() => Promise.resolve(controller.log().includes("retrying")), true);

    cluster.launch(0);
    await cluster.ready();
    await becomes(async () => (await health("ready")).status, 200);
    assert.equal((await controller.ask("/relay")).status, 200);
    assert.equal(await controller.end(), 0);
    const [waiting, ...more] = controller.lines().filter(({ message }) => /store/.test(message));
    assert.ok(waiting!.error.includes(`no member of etcd answers: ${cluster.endpoints[0]}: `));
    assert.deepEqual(more.map(({ message }) => message), ["store available"]);
  },
);

etcdTest("a controller that waits for etcd ends when it is told to", async () => {
  await using cluster = await EtcdCluster.start(1);
  await cluster.kill(0);
  const controller = start(cluster.endpoints[0]!);
  await becomes(() => Promise.resolve(controller.log().includes("retrying")), true);
  assert.equal(await controller.end(), 0);
});

/** A controller on etcd that need not become ready. */
function start(endpoint: string) {
  const port = freePort();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "-A", "sdn/main.ts", "--address", `127.0.0.1:${port}`],
    cwd: ROOT,
    env: { QUMO_SDN_STORE: "etcd", QUMO_SDN_ETCD_ENDPOINTS: endpoint },
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let text = "";
  const reading = (async () => {
    for await (const part of child.stderr.pipeThrough(new TextDecoderStream())) text += part;
  })();
  return {
    log: () => text,
    lines: (): { message: string; error: string }[] =>
      text.trimEnd().split("\n").map((line) => JSON.parse(line)),
    async ask(path: string) {
      const response = await fetch(`http://127.0.0.1:${port}${path}`);
      return new Response(await response.text(), { status: response.status });
    },
    async end(): Promise<number> {
      child.kill("SIGTERM");
      await reading;
      return (await child.status).code;
    },
  };
}
