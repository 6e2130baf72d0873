import assert from "node:assert/strict";
import { MAX_REQUEST_ID_GAPS } from "../../limits.ts";
import { RequestIds } from "./request_ids.ts";

const INVALID = { code: "invalid_request_id" };

Deno.test("R-023: RequestIds number our requests by parity, two apart", () => {
  const [client, server] = [new RequestIds("client"), new RequestIds("server")];
  assert.deepEqual([client.next(), client.next()], [0n, 2n]);
  assert.deepEqual([server.next(), server.next()], [1n, 3n]);
  assert.deepEqual([client.isOwn(8n), client.isOwn(9n)], [true, false]);
});

Deno.test("R-023: RequestIds take the peer's in any order, once, and by parity", () => {
  const ids = new RequestIds("server");
  for (const id of [4n, 0n, 2n]) ids.accept(id);
  assert.equal(ids.peerNext, 6n);
  for (const id of [0n, 4n, 7n]) assert.throws(() => ids.accept(id), INVALID, `${id}`);
  ids.accept(2n ** 64n - 2n);
  assert.throws(() => ids.accept(2n ** 64n - 2n), INVALID);
});

Deno.test("RequestIds refuse a peer that skips more ids than there is memory for", () => {
  const ids = new RequestIds("server");
  for (let count = 1n; count <= BigInt(MAX_REQUEST_ID_GAPS); count++) ids.accept(2n * count);
  assert.equal(ids.peerNext, 0n);
  assert.throws(() => ids.accept(2n * BigInt(MAX_REQUEST_ID_GAPS) + 2n), INVALID);
});
