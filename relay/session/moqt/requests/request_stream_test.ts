import assert from "node:assert/strict";
import { RequestStream } from "./request_stream.ts";
import { memoryPair } from "../../../../tests/support/transport/memory_connection.ts";
import { referenceDraft } from "../../../../tests/support/reference_draft.ts";

Deno.test("RequestStream.next() gives two who ask at once one message each", async () => {
  const [client, server] = memoryPair();
  const far = await client.openBidi();
  const stream = new RequestStream((await server.acceptBidi())!, {
    draft: referenceDraft,
    role: "server",
    canReset: true,
    nextId: () => 1n,
    admit: () => Promise.resolve(),
    registerTokens: () => {},
    leftOut: () => {},
    openedBy: "peer",
    mayProbe: true,
  }, 0);
  const [one, other] = [stream.next(), stream.next()];
  for (const requestId of [0n, 2n]) {
    const message = { kind: "subscribeNamespace", requestId, prefix: [], parameters: {} } as const;
    const bytes = referenceDraft.control.encode(message);
    await far.send.write(bytes.slice(0, 3));
    await far.send.write(bytes.slice(3));
  }
  const ids = [await one, await other].map((message) =>
    message && "requestId" in message ? message.requestId : undefined
  );
  assert.deepEqual(ids, [0n, 2n]);
});
