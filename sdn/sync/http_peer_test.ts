import { systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { httpPeer } from "./http_peer.ts";
import { READS, READS_HEADER } from "./wire.ts";
import { digestAnswerSchema } from "./message.ts";

Deno.test("httpPeer() reads answers of a newer controller, which say more", async () => {
  const own = { differing: {} };
  const shown: (string | null)[] = [];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      shown.push(request.headers.get("authorization"));
      return Response.json({ ...own, newer: true });
    },
  );
  let token = "one";
  const url = `http://127.0.0.1:${server.addr.port}`;
  const peer = httpPeer(url, { token: () => token, clock: systemClock });
  const { signal } = new AbortController();
  const answer = await peer.digest([], signal);
  assert.ok(!("newer" in answer));
  assert.ok(digestAnswerSchema.safeParse(answer).success);
  token = "two";
  await peer.digest([], signal);
  assert.deepEqual(shown, ["Bearer one", "Bearer two"]);
});

Deno.test("httpPeer() says what this controller reads, and knows what the peer does", async () => {
  const heard: (string | null)[] = [];
  const answers: Record<string, string>[] = [{}, { [READS_HEADER]: `more, ${READS}` }, {}];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      heard.push(request.headers.get(READS_HEADER));
      return Response.json({ differing: {} }, { headers: answers.shift() ?? {} });
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const peer = httpPeer(url, { token: () => "", clock: systemClock });
  const { signal } = new AbortController();
  const known = [peer.reads.version];
  for (let times = 3; times > 0; times--) {
    await peer.digest([], signal);
    known.push(peer.reads.version);
  }
  assert.deepEqual(known, [false, false, true, false], "until it is downgraded");
  assert.deepEqual(heard, [READS, READS, READS]);
});
