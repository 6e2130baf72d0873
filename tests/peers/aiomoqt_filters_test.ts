import assert from "node:assert/strict";
import { offer } from "../support/faults/canary.ts";
import { openSubgroup } from "../support/peers/scripted_objects.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { PEERS_PYTHON, pythonMissing } from "./python.ts";

const missing = pythonMissing("aiomoqt");
const PEER = new URL("./aiomoqt_filter_peer.py", import.meta.url).pathname;

for (const draft of [20, 22]) {
  relayTest(`aiomoqt has the objects that its filter passes (draft ${draft})`, async (test) => {
    const { relay, deadline } = test;
    const publisher = await offer(relay, "live", 7n);
    const url = `moqt://127.0.0.1:${relay.port}`;
    const args = [PEER, url, String(draft)];
    const process = new Deno.Command(PEERS_PYTHON, { args, stdout: "piped", stderr: "null" })
      .spawn();
    const lines = process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let said = "";
    const until = async (count: number): Promise<readonly unknown[]> => {
      while (said.trim().split("\n").length < count || !said.endsWith("\n")) {
        const { value, done } = await lines.read();
        assert.ok(!done, `aiomoqt ended: ${said}`);
        said += value;
      }
      return said.trim().split("\n").map((line) => JSON.parse(line));
    };
    try {
      assert.deepEqual(await deadline.for("the subscription", until(1)), ["subscribed"]);
      for (const group of [1n, 2n]) {
        const subgroup = await openSubgroup(publisher, { alias: 7n, group });
        for (let id = 0; id < 6; id++) await subgroup.send({ id, payload: `object ${id}` });
        await subgroup.finish();
      }
      const [, ...objects] = await deadline.for("the objects", until(7));
      const expected = [[1, 1], [1, 2], [1, 4], [2, 1], [2, 2], [2, 4]];
      assert.deepEqual(objects.map(String).sort(), expected.map(String));
    } finally {
      process.kill();
      await process.status;
      await lines.cancel();
      publisher.close();
    }
  }, { missing });
}
