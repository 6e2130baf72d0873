import assert from "node:assert/strict";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { AIOMOQT_CASES, listAiomoqtCases, runAiomoqt } from "./aiomoqt.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("aiomoqt");

for (const [transport, scheme] of [["QUIC", "moqt"], ["WebTransport", "https"]]) {
  relayTest(
    `aiomoqt passes each of its 14 cases over ${transport}`,
    async ({ relay, deadline }) => {
      assert.deepEqual(await listAiomoqtCases(), AIOMOQT_CASES);
      const failed: string[] = [];
      for (const name of AIOMOQT_CASES) {
        const run = runAiomoqt(`${scheme}://127.0.0.1:${relay.port}`, name);
        const { passed, said } = await deadline.for(`the case ${name}`, run);
        if (!passed) failed.push(said);
      }
      assert.deepEqual(failed, []);
    },
    { missing, milliseconds: 120_000 },
  );
}
