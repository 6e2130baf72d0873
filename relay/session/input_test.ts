import assert from "node:assert/strict";
import type { ReceiveStream, SendStream } from "../transport/mod.ts";
import { readMessage } from "./framing.ts";
import { Input } from "./input.ts";
import { memoryPair } from "../../tests/support/transport/memory_connection.ts";
import { referenceDraft } from "../../tests/support/reference_draft.ts";

const codes = referenceDraft.streamCodes;

async function pipe(): Promise<{ send: SendStream; receive: ReceiveStream }> {
  const [client, server] = memoryPair();
  const send = await client.openUni();
  return { send, receive: (await server.acceptUni())! };
}

Deno.test("Input.fill() says that the stream is over as often as it is asked", async () => {
  const { send, receive } = await pipe();
  const input = new Input(receive, 100, { codes });
  await send.finish();
  assert.equal(await input.fill(), false);
  assert.equal(await input.fill(), false);
});

Deno.test("Input.fill() says that the stream was reset as often as it is asked", async () => {
  const { send, receive } = await pipe();
  const input = new Input(receive, 100, { codes });
  send.reset(4);
  await assert.rejects(input.fill(), { kind: "reset", code: 4 });
  await assert.rejects(input.fill(), { kind: "reset", code: 4 });
});

Deno.test("Input.fill() forgets what was unread of a stream that was reset", async () => {
  const { send, receive } = await pipe();
  const input = new Input(receive, 100, { codes });
  await send.write(new Uint8Array(3));
  await input.fill();
  assert.equal(input.length, 3);
  send.reset(4);
  await assert.rejects(input.fill(), { kind: "reset" });
  assert.equal(input.length, 0);
});

Deno.test("readMessage() says that a stream broke off as often as it is asked", async () => {
  const { send, receive } = await pipe();
  const input = new Input(receive, 100, { codes });
  await send.write(Uint8Array.of(0x2, 0, 9, 1, 1));
  await send.finish();
  const brokenOff = { name: "DecodeError", message: "A stream ends within a message" };
  await assert.rejects(readMessage(input, referenceDraft), brokenOff);
  await assert.rejects(readMessage(input, referenceDraft), brokenOff);
});

Deno.test("Input.fill() takes no more at once than it is allowed", async () => {
  const { send, receive } = await pipe();
  const input = new Input(receive, 20_000, { codes });
  await send.write(new Uint8Array(50_000));
  await assert.rejects(
    async () => {
      while (await input.fill());
    },
    { name: "DecodeError" },
  );
  assert.equal(input.length, 20_000);
});

Deno.test("Input.stop() lets go of who waits for bytes, and stops the stream when it can", async () => {
  const { send, receive } = await pipe();
  let over = 0;
  const input = new Input(receive, 100, { codes, stopsLate: true, onOver: () => over++ });
  const waiting = input.fill();
  input.stop("delivery_timeout");
  await assert.rejects(waiting, { kind: "reset" });
  await assert.rejects(input.fill(), { kind: "reset" });
  assert.equal(over, 0);
  await send.write(Uint8Array.of(1));
  await assert.rejects(send.write(Uint8Array.of(2)), {
    kind: "stopped",
    code: codes.delivery_timeout,
  });
  assert.equal(over, 1);
});

for (const how of ["its end", "a reset", "a stop", "a stop while it is read"] as const) {
  Deno.test(`Input says once that a stream takes up nothing any more, by ${how}`, async () => {
    const { send, receive } = await pipe();
    let over = 0;
    const input = new Input(receive, 100, {
      codes,
      stopsLate: how !== "a stop while it is read",
      onOver: () => over++,
    });
    const waiting = how === "a stop" ? undefined : input.fill().catch(() => {});
    if (how === "its end") await send.finish();
    else if (how === "a reset") send.reset(1);
    else input.stop("cancelled");
    await waiting;
    input.stop("cancelled");
    assert.equal(over, 1);
  });
}
