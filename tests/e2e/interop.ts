/**
 * The interop runner's six cases, played by clients that others wrote against a relay that is
 * started for it, as TAP version 14. The exit code is 0 when all of them pass. With `--matrix` every
 * dialect against every other instead.
 */
import { systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../support/deadline.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import type { Peer } from "../support/peers/peer.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import { matrixCommand } from "../interop_matrix/matrix.ts";
import { type InteropCase, interopCases } from "./interop_cases.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;

const clients = new Map<string, Connect>([
  ["@moq/net", connectMoqNet],
  ["@moqt/transport", connectMoqt],
]);

/**
 * Plays every case with every client and writes a line for each; returns whether all passed. Each has as
 * long as the runner gives it, unless `milliseconds` says otherwise.
 */
export async function runInterop(
  write: (text: string) => void,
  milliseconds?: number,
): Promise<boolean> {
  write(`TAP version 14\n1..${interopCases.length * clients.size}\n`);
  let number = 0;
  let passed = true;
  for (const [client, connect] of clients) {
    for (const testCase of interopCases) {
      const started = systemClock.now();
      const failure = await play(testCase, connect, milliseconds ?? testCase.timeout);
      const duration = (systemClock.now() - started).toFixed(0);
      passed &&= failure === undefined;
      write(
        `${failure === undefined ? "" : "not "}ok ${++number} - ${testCase.name} (${client})\n` +
          "  ---\n" +
          `  duration_ms: ${duration}\n` +
          (failure === undefined ? "" : `  message: ${JSON.stringify(failure)}\n`) +
          "  ...\n",
      );
    }
  }
  return passed;
}

/** Plays one case against a relay of its own; returns why it failed. */
async function play(
  testCase: InteropCase,
  connect: Connect,
  milliseconds: number,
): Promise<string | undefined> {
  await using relay = await startRelay();
  using deadline = new Deadline(milliseconds);
  const connected: Peer[] = [];
  try {
    await deadline.for(
      `${testCase.name} to end`,
      testCase.run(async () => {
        const peer = await connect(relay);
        connected.push(peer);
        return peer;
      }),
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    for (const peer of connected) await peer.close().catch(() => {});
  }
}

if (import.meta.main) {
  const write = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(text));
  const [first, ...args] = Deno.args;
  if (first === "--matrix") Deno.exit(await matrixCommand(args, write));
  Deno.exit(await runInterop(write) ? 0 : 1);
}
