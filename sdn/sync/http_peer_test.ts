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
  const proxyError = { status: 502 };
  const answers: ResponseInit[] = [
    {},
    { headers: { [READS_HEADER]: `more, ${READS}` } },
    proxyError,
    {},
  ];
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => {
      heard.push(request.headers.get(READS_HEADER));
      return Response.json({ differing: {} }, answers.shift()!);
    },
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const peer = httpPeer(url, { token: () => "", clock: systemClock });
  const { signal } = new AbortController();
  const known = [peer.reads.version];
  while (answers.length > 0) {
    const asked = peer.digest([], signal);
    if (answers[0] === proxyError) await assert.rejects(asked, /^Error: 502/);
    else await asked;
    known.push(peer.reads.version);
  }
  assert.deepEqual(known, [false, false, true, true, false], "until it is downgraded");
  assert.deepEqual(heard, [READS, READS, READS, READS]);
});
