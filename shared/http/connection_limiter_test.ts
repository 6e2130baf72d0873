import assert from "node:assert/strict";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { Connection, type RawConnection } from "./connection.ts";
import { ConnectionLimiter } from "./connection_limiter.ts";
import { HttpMetrics } from "./metrics.ts";

const SILENT: RawConnection = {
  read: () => new Promise(() => {}),
  write: () => new Promise(() => {}),
  closeWrite: () => Promise.resolve(),
  close: () => {},
};

Deno.test("one network has no more connections by having more IPv6 addresses", async () => {
  const metrics = new HttpMetrics();
  const limiter = new ConnectionLimiter({ connections: 100, perAddress: 2 }, metrics);
  const come = (address: string) => {
    if (!limiter.admits(address)) return undefined;
    const more = { address, port: 1, encrypted: false, clock: new ManualClock() };
    const connection = new Connection(SILENT, more);
    limiter.add(connection);
    return connection;
  };
  const first = come("2001:db8:1:2::1");
  assert.ok(first && come("2001:db8:1:2:ffff::2"));
  assert.equal(come("2001:db8:1:2::3"), undefined);
  assert.ok(come("2001:db8:1:3::1"));
  assert.ok(come("192.0.2.1") && come("::ffff:192.0.2.1"));
  assert.equal(come("192.0.2.1"), undefined);
  assert.equal(metrics.drops.address_full, 2);
  first.destroy();
  await new Promise((resolve) => first.once("close", resolve));
  assert.ok(come("2001:db8:1:2::4"));
});
