import type { Connect, ConnectLosable, Contract } from "./transport/contract.ts";
import { datagramContract } from "./transport/datagrams.ts";
import { endingContract } from "./transport/endings.ts";
import { flowContract } from "./transport/flow.ts";
import { lossContract } from "./transport/loss.ts";
import { streamContract } from "./transport/streams.ts";

/**
 * What every transport must do, as tests in Deno's runner. Where a transport cannot (`canReset` is
 * false: Deno 2.9 has no call that sends RESET_STREAM, and its STOP_SENDING always carries 0) the
 * suite holds it to what the seam promises instead.
 */
export function transportContract(
  name: string,
  connect: Connect,
  connectLosable: ConnectLosable,
): void {
  const contract: Contract = (title, body, options) =>
    Deno.test(`${name}: ${title}`, async () => {
      const [client, server, cleanup] = await connect(options);
      try {
        await body(client, server);
      } finally {
        await cleanup();
      }
    });
  streamContract(contract);
  flowContract(contract);
  endingContract(contract);
  datagramContract(contract);
  lossContract(name, connectLosable);
}
