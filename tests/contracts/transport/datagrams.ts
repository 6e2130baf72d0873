import assert from "node:assert/strict";
import type { Contract } from "./contract.ts";
import { pattern } from "./support.ts";

/** Datagrams: on loopback they arrive unless something is wrong with us. */
export function datagramContract(contract: Contract): void {
  contract("a datagram goes either way", async (client, server) => {
    for (const [from, to] of [[client, server], [server, client]] as const) {
      assert.equal(from.sendDatagram(pattern(1000)), true);
      assert.deepEqual(await to.receiveDatagram(), pattern(1000));
    }
  });

  contract("the largest datagram fits and one byte more does not", async (client, server) => {
    const size = client.maxDatagramSize;
    assert(size >= 1000, `only ${size} bytes`);
    assert.equal(client.sendDatagram(new Uint8Array(65_536)), false);
    assert.equal(client.sendDatagram(pattern(size)), true);
    assert.deepEqual(await server.receiveDatagram(), pattern(size));
    assert.equal(client.sendDatagram(new Uint8Array(client.maxDatagramSize + 1)), false);
  });

  contract("an empty datagram is one too", async (client, server) => {
    assert.equal(client.sendDatagram(new Uint8Array()), true);
    assert.deepEqual(await server.receiveDatagram(), new Uint8Array());
  });
}
