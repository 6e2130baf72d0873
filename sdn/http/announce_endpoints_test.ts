import assert from "node:assert/strict";
import { registerDemo, testController } from "../../tests/support/worlds/sdn_controller.ts";

Deno.test("PUT and DELETE /announce/{track} take the relay from the body and the query", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/tokyo", {});
  const put = await ask("PUT", "/announce/live/a%252Fb", { relay: "tokyo" });
  assert.deepEqual(put.body, {
    relay: "tokyo",
    track: "live/a%2Fb",
    broadcast_path: "/live/a%2Fb",
    status: "registered",
    revision: 2,
  });
  const found = await ask("GET", `/announce/lookup?track=${encodeURIComponent("live/a%2fb")}`);
  assert.equal(found.body.relays.length, 1);
  assert.equal((await ask("DELETE", "/announce/live/a%252Fb?relay=tokyo")).status, 200);
  assert.deepEqual((await ask("GET", "/announce")).body, { revision: 3, count: 0, entries: [] });
});

Deno.test("lookup gives the nearest first", async () => {
  const { ask } = await testController();
  await registerDemo(ask);
  for (const relay of ["tokyo", "newyork", "island"]) {
    await ask("PUT", "/announce/live/a", { relay });
  }
  const near = await ask("GET", "/announce/lookup?track=live/a&from=london");
  assert.deepEqual(
    near.body.relays.map((one: { relay: string; cost?: number }) => [one.relay, one.cost]),
    [["newyork", 80], ["tokyo", 250], ["island", undefined]],
  );
});

Deno.test("lookup finds a track by its own announce and by every namespace above it", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", { announces: ["live/concert", "~/%2Froom/live"] });
  await ask("PUT", "/relay/b", { announces: ["live/concert/~/video", "live/concert/~/audio"] });
  await ask("PUT", "/relay/c", { announces: ["live", "live/con"] });
  const found = async (query: string) => {
    const { body } = await ask("GET", `/announce/lookup?${query}`);
    return body.relays.map((one: { relay: string; track: string }) => `${one.relay} ${one.track}`);
  };
  const all = ["b live/concert/~/video", "a live/concert", "c live"];
  assert.deepEqual(await found("track=live/concert/video"), all);
  assert.deepEqual(await found("track=live/concert/~/video"), all);
  assert.deepEqual(await found("track=live/concert/video&match=exact"), []);
  assert.deepEqual(await found("broadcast_path=/live/concert/video"), []);
  assert.deepEqual(await found("broadcast_path=/live/concert"), ["a live/concert"]);
  assert.deepEqual(await found("track=~/%252Froom/live/video"), ["a ~/%2Froom/live"]);
});

Deno.test("the directory is listed page by page", async () => {
  const { ask } = await testController();
  const announces = Array.from({ length: 25 }, (_, i) => `live/${i}`);
  await ask("PUT", "/relay/a", { announces });
  const seen: string[] = [];
  for (let after = "";;) {
    const { body } = await ask("GET", `/announce?prefix=live&limit=10${after}`);
    seen.push(...body.entries.map((one: { track: string }) => one.track));
    if (body.next === undefined) break;
    after = `&after=${body.next}`;
  }
  assert.deepEqual(seen, announces.sort());
});

Deno.test("an announce with a slash at its end is taken as the Go program took it", async () => {
  const { ask } = await testController();
  const { status, body } = await ask("PUT", "/announce/tokyo/live/d/");
  assert.deepEqual([status, body.track], [200, "live/d"]);
  const found = await ask("GET", "/announce/lookup?broadcast_path=/live/d/");
  assert.deepEqual([found.status, found.body.relays.length], [200, 1]);
  assert.equal((await ask("DELETE", "/announce/tokyo/live/d/")).status, 200);
});
