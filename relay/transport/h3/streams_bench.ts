import type { ReceiveStream, SendStream } from "../types.ts";
import { WebTransportReceiveStream, WebTransportSendStream } from "./streams.ts";

// The overhead of a session's write and read over a stream that does nothing.
const done = Promise.resolve();
const rawSend: SendStream = { write: () => done, finish: () => done, reset() {}, priority: 0 };
const part = new Uint8Array(1200);
const rawReceive: ReceiveStream = { read: () => Promise.resolve(part), stop() {} };
const owner = { canReset: false, closed: new Promise<never>(() => {}) };
const send = new WebTransportSendStream(rawSend, owner);
const receive = new WebTransportReceiveStream(rawReceive, owner);

Deno.bench("write, underneath", { group: "write", baseline: true }, async () => {
  await rawSend.write(part);
});
Deno.bench("write, of a session", { group: "write" }, async () => {
  await send.write(part);
});
Deno.bench("read, underneath", { group: "read", baseline: true }, async () => {
  await rawReceive.read(part);
});
Deno.bench("read, of a session", { group: "read" }, async () => {
  await receive.read(part);
});
