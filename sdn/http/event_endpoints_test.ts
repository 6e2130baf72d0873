import assert from "node:assert/strict";
import { refused } from "@qumo/shared/runtime";
import { refusal } from "@qumo/shared/topology";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { openAccess } from "./auth.ts";

const unknownToken = refused(refusal("unauthorized", "The token is not known"));

Deno.test("half an hour of a mesh is in the log and in GET /events", async () => {
  const { ask, clock, lines, request } = await testController({
    live: {
      authenticate: (header) => header === "Bearer wrong" ? unknownToken : openAccess(header),
    },
  });
  const put = (name: string, body: unknown) => ask("PUT", `/relay/${name}`, body);
  await put("tokyo", {
    region: "asia",
    address: "moqt://t:1",
    epoch: 2,
    seq: 1,
    links: { london: {} },
  });
  await put("london", { links: { tokyo: {} }, announces: ["live/a"] });
  await put("tokyo", { epoch: 1, seq: 9 });
  await put("london", { links: { tokyo: { up: false } }, announces: ["live/a", "live/b"] });
  await clock.advance(5000);
  await put("london", { links: { tokyo: { up: true } } });
  await ask("POST", "/relay/london/drain");
  await ask("POST", "/relay/london/undrain");
  for (let at = 0; at < 3; at++) {
    await request("/relay", { headers: { authorization: "Bearer wrong" } });
  }
  await clock.advance(60_000);
  await put("london", {});
  await clock.advance(30_000);
  await ask("DELETE", "/relay/london");

  const { body } = await ask("GET", "/events");
  const texts = body.events.map(({ text }: { text: string }) => text);
  assert.deepEqual(texts, [
    "tokyo registered: asia, moqt://t:1",
    "london registered: announces 1",
    "tokyo: an older process of that name was refused",
    "london says its link to tokyo is down",
    "tokyo is unreachable: no neighbor reaches it (says london)",
    "london announces 2 names instead of 1",
    "london says its link to tokyo is up",
    "tokyo is reachable again",
    "london was told to drain by admin at 127.0.0.1",
    "The drain of london was cancelled by admin at 127.0.0.1",
    "A request was refused for the token, last from 127.0.0.1: GET /relay",
    "2 requests were refused for the token, last from 127.0.0.1: GET /relay",
    "london no longer declares a link to tokyo",
    "tokyo expired: no heartbeat for 90 s",
    "london deregistered: it shut down normally",
  ]);
  assert.deepEqual(
    lines.filter(({ text }) => !text.startsWith("debug")).map(({ fields }) => fields.relay),
    body.events.map(({ relay }: { relay?: string }) => relay),
    "the log says the same",
  );
  assert.equal(lines.filter(({ text }) => text === "debug: announced").length, 2);
  const later = (await ask("GET", `/events?since=${body.events[12].id}&limit=1`)).body;
  assert.deepEqual(later.events.map(({ text }: { text: string }) => text), texts.slice(13, 14));
  assert.deepEqual([later.oldest, later.newest], [body.events[0].id, body.events[14].id]);
  assert.equal((await ask("GET", "/events?limit=1001")).status, 400);
});
