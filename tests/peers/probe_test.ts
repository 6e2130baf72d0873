/** Clients of other people that ask for the rate of their connection, of which the relay knows none. */
import assert from "node:assert/strict";
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { relayTest } from "../support/processes/relay_test_case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { until } from "../support/until.ts";
import { connectMoqLite, connectMoqNet01, connectMoqNet02 } from "./older_moq_net.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

// From 05 on SETUP says that it is in vain, which @moq/net waits for in 03 and 04 too, where there is none.
const CLIENTS: readonly [what: string, connect: Connect, asks: number][] = [
  ["@moq/net 0.3.4 by 03", moqNetBy("moq-lite-03"), 0],
  ["@moq/net 0.3.4 by 04", moqNetBy("moq-lite-04"), 0],
  ["@moq/net 0.3.4 by 05", moqNetBy("moq-lite-05"), 0],
  ["@moq/net 0.2.8 by 04", (server) => connectMoqNet02(server, "moq-lite-04"), 0],
  ["@moq/net 0.2.8 by 05", (server) => connectMoqNet02(server, "moq-lite-05"), 0],
  ["@moq/net 0.1.9 by 04", (server) => connectMoqNet01(server, "moq-lite-04"), 1],
  ["@moq/lite 0.2.2 by 03", (server) => connectMoqLite(server, "moq-lite-03"), 1],
  ["@moq/lite 0.2.2 by 04", (server) => connectMoqLite(server, "moq-lite-04"), 1],
];

relayTest("clients that ask for the rate are refused, counted, and go on", async (test) => {
  const { relay, deadline, join } = test;
  const publisher = await join(moqNetBy("moqt-18"));
  let expected = 0;
  for (const [at, [what, connect, asks]] of CLIENTS.entries()) {
    const viewer = await join(connect);
    expected += asks;
    await until(`${what} to ask`, async () => await refused(relay) === expected);
    await deadline.for("the namespace", publisher.publish(`live/${at}`, ["video"]));
    await deadline.for(`the announcement to ${what}`, viewer.announced(`live/${at}`));
  }
  assert.equal(await refused(relay), expected);
}, { milliseconds: 120_000 });

async function refused(relay: RelayProcess): Promise<number> {
  const series = /^qumo_relay_requests_total\{kind="probe",outcome="not_supported"\} (\d+)$/m;
  return Number(series.exec(await relay.metrics())?.[1] ?? 0);
}
