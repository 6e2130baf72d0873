import { multiplexedDrafts } from "@qumo/shared/wire";
import { TransportError } from "../../../transport/errors.ts";
import { MultiplexedChannel, type SharedLine } from "./multiplexed_channel.ts";

Deno.test("MultiplexedChannel tells also who asks after the end of the session that the request was stopped", async () => {
  const [draft] = multiplexedDrafts;
  const line = {
    draft,
    own: { hasUsed: () => false },
    dropped() {},
    over() {},
  } as unknown as SharedLine;
  const beginning = {
    kind: "trackStatus",
    requestId: 0n,
    track: { namespace: [], name: new Uint8Array(0) },
    parameters: {},
  } as const;
  const channel = new MultiplexedChannel(line, beginning);
  const told = new Promise<void>((resolve) => channel.onStopped(resolve));
  channel.close(new TransportError("closed", 0, "The session ended"));
  await told;
  await new Promise<void>((resolve) => channel.onStopped(resolve));
});
