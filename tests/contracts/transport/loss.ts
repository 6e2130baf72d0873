import assert from "node:assert/strict";
import type { ConnectLosable } from "./contract.ts";
import { assertFails, pattern, readSome, uniFrom } from "./support.ts";

/** A network that goes away without a word. */
export function lossContract(name: string, connect: ConnectLosable): void {
  Deno.test(`${name}: a peer that falls silent is lost`, async () => {
    const [client, server, cleanup, cut] = await connect();
    try {
      const stream = await client.openUni();
      await stream.write(pattern(1));
      const incoming = await uniFrom(server);
      await readSome(incoming);
      const reading = assertFails(incoming.read(new Uint8Array(1)), "closed", 0);
      const waits = [server.acceptUni(), server.acceptBidi(), server.receiveDatagram()];
      cut();
      for (const end of [client, server]) {
        const { by, code } = await end.closed;
        assert.deepEqual({ by, code }, { by: "lost", code: 0 });
      }
      await reading;
      assert.deepEqual(await Promise.all(waits), [undefined, undefined, undefined]);
      await assertFails(stream.write(pattern(1)), "closed", 0);
      await assertFails(client.openBidi(), "closed", 0);
    } finally {
      await cleanup();
    }
  });
}
