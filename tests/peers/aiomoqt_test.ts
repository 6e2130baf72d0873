import assert from "node:assert/strict";
import { relayTest } from "../support/processes/relay_test_case.ts";
import { AIOMOQT_CASES, listAiomoqtCases, runAiomoqt } from "./aiomoqt.ts";
import { pythonMissing } from "./python.ts";

const missing = pythonMissing("aiomoqt");

for (const draft of [14, 16, 18, 20, 22]) {
  for (const [transport, scheme] of [["QUIC", "moqt"], ["WebTransport", "https"]] as const) {
    testCases(draft, transport, scheme);
  }
}

function testCases(draft: number, transport: string, scheme: string): void {
  // What the client does not play there: it has no words for it.
  const unsaid = [
    ...(draft < 18 ? ["rendezvous-timeout"] : []),
    ...(draft < 16 ? ["subscribe-namespace-lifecycle"] : []),
  ];
  relayTest(
    `aiomoqt passes each of its 14 cases in draft ${draft} over ${transport}`,
    async ({ relay, deadline }) => {
      assert.deepEqual(await listAiomoqtCases(), AIOMOQT_CASES);
      const failed: string[] = [];
      const left: string[] = [];
      for (const name of AIOMOQT_CASES) {
        const run = runAiomoqt(`${scheme}://127.0.0.1:${relay.port}`, name, draft);
        const { passed, skipped, said } = await deadline.for(`the case ${name}`, run);
        if (skipped) left.push(name);
        else if (!passed) failed.push(said);
      }
      assert.deepEqual(failed, []);
      assert.deepEqual(left, unsaid);
    },
    { missing },
  );
}
