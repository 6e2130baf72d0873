/** What a relay says over HTTP of names and groups, beside what moq-dev's relay says. */
import { type Claims, generate, sign } from "@moq/token";
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { moqCliMissing, publishFilm } from "../peers/moq_cli.ts";
import { moqRelayMissing, startMoqRelay } from "../peers/moq_relay.ts";
import { Deadline } from "../support/deadline.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import { callMoqNet, connectMoqNet } from "../support/peers/moq_net.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { until } from "../support/until.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const at = ({ port }: { readonly port: number }) => `http://127.0.0.1:${port}`;

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  assert.equal(response.headers.get("access-control-allow-origin"), "*", url);
  return { status: response.status, text: await response.text() };
}

Deno.test("names and groups are read over HTTP, at an edge too", async () => {
  using deadline = new Deadline();
  await using origin = await startRelayInProcess();
  await using edge = await startRelayInProcess({
    upstream: [`moqt://127.0.0.1:${origin.port}`],
    mesh: { ...DEFAULTS.mesh, insecure: true },
  });
  const peer = await deadline.for("a publisher", connectMoqNet(origin));
  const publication = await peer.publish("room/cam", ["video"]);
  const writing = (async () => {
    await publication.subscribed("video");
    for (const texts of [["a", "b"], ["c", "d", "e"]]) {
      const group = await publication.startGroup("video");
      for (const text of texts) await group.write(encode(text));
      await group.end();
    }
  })();
  const relays = [at(origin), at(edge)];
  for (const relay of relays) {
    await until("the name", async () => (await ask(`${relay}/announced`)).text !== "");
    assert.deepEqual(await ask(`${relay}/announced`), { status: 200, text: "room/cam" });
    assert.deepEqual(await ask(`${relay}/announced/room`), { status: 200, text: "cam" });
    assert.deepEqual(await ask(`${relay}/announced/else`), { status: 200, text: "" });
  }
  const first = ask(`${at(origin)}/fetch/room/cam/video`);
  await deadline.for("the groups", writing);
  assert.equal((await deadline.for("a group", first)).status, 200);
  for (const relay of relays) {
    const text = async (query = "") =>
      (await deadline.for("a group", ask(`${relay}/fetch/room/cam/video${query}`))).text;
    assert.equal(await text(), "cde");
    assert.equal(await text("?group=latest"), "cde");
  }
  assert.deepEqual(await ask(`${at(origin)}/fetch/room/cam/video?group=0`), {
    status: 200,
    text: "ab",
  });
  await peer.close();
});

Deno.test("what nobody has, or nobody can name, is said with a status", async () => {
  await using relay = await startRelayInProcess();
  const status = async (path: string, init: RequestInit = {}) =>
    (await ask(`${at(relay)}${path}`, init)).status;
  assert.equal(await status("/fetch/room/cam/video"), 404);
  assert.equal(await status("/fetch/room/cam/video?group=7"), 404);
  assert.equal(await status("/fetch/video"), 400);
  assert.equal(await status("/fetch/room/video?group=x"), 400);
  assert.equal(await status(`/fetch/${"a/".repeat(40)}video`), 400);
  assert.equal(await status(`/fetch/room/${"a".repeat(5_000)}`), 400);
  assert.equal(await status("/announced/%ff"), 400);
  assert.equal(await status("/announced", { method: "POST" }), 405);
  assert.equal(await status("/announced", { method: "OPTIONS" }), 204);
});

// The library leaves a timer behind when it closes a WebSocket.
const UNTIDY = { sanitizeOps: false, sanitizeResources: false };

Deno.test(
  "look-ups are answered as far as a token allows, wherever it is shown",
  UNTIDY,
  async () => {
    using deadline = new Deadline();
    const key = await generate("HS256", "main");
    await using relay = await startRelayInProcess({
      auth: { ...DEFAULTS.auth, mode: "token", keys: ["key"] },
    }, { key: JSON.stringify(key) });
    const exp = Math.floor(Date.now() / 1_000) + 600;
    const mint = (claims: Partial<Claims>) => sign(key, { root: "", exp, ...claims });
    const publisher = encodeURIComponent(await mint({ put: "" }));
    const url = `${at(relay)}/?jwt=${publisher}`;
    const peer = await deadline.for("a publisher", callMoqNet(url));
    for (const room of ["room/a", "other/b"]) await peer.publish(room, ["video"]);
    const token = await mint({ get: "room" });
    const names = `${at(relay)}/announced`;
    assert.equal((await ask(names)).status, 401);
    assert.equal((await ask(`${names}?jwt=nonsense`)).status, 401);
    await until("the name", async () => (await ask(`${names}?jwt=${token}`)).text === "room/a");
    const bearer = { headers: { authorization: `Bearer ${token}` } };
    assert.deepEqual(await ask(names, bearer), { status: 200, text: "room/a" });
    assert.equal((await ask(`${at(relay)}/fetch/other/b/video`, bearer)).status, 401);
    await peer.close();
  },
);

Deno.test("look-ups can be turned off", async () => {
  await using relay = await startRelayInProcess({ lookups: { enabled: false } });
  const response = await fetch(`${at(relay)}/announced`);
  assert.equal(response.status, 404);
  await response.body?.cancel();
});

/** Whether the film has begun; moq-dev's relay may break an answer off before. */
async function hasCatalog(relay: string): Promise<boolean> {
  try {
    return (await ask(`${relay}/fetch/demo/film.hang/catalog.json`)).status === 200;
  } catch {
    return false;
  }
}

optionalTest(
  "a film of moq's is looked up as at moq-dev's relay",
  moqCliMissing ?? moqRelayMissing,
  async () => {
    using deadline = new Deadline();
    await using ours = await startRelayInProcess();
    await using theirs = await startMoqRelay({ speaks: ["moq-lite-05"] });
    await using _a = publishFilm(ours, "demo/film.hang");
    await using _b = publishFilm(theirs, "demo/film.hang");
    const both = [at(ours), theirs.http];
    for (const relay of both) {
      await until("the film", () => hasCatalog(relay));
    }
    const same = [
      "/announced",
      "/announced/demo",
      "/announced/demo/film.hang",
      "/announced/nobody",
      "/fetch/demo/film.hang/nothing",
      "/fetch/demo",
      "/fetch/demo/film.hang/catalog.json?group=x",
      "/fetch/demo/film.hang/catalog.json?group=4000",
    ];
    for (const path of same) {
      const [mine, other] = await deadline.for(
        path,
        Promise.all(both.map((relay) => ask(`${relay}${path}`))),
      );
      assert.equal(mine!.status, other!.status, path);
      if (mine!.status === 200) assert.equal(mine!.text, other!.text, path);
    }
    for (const relay of both) {
      await until("the catalog", () => hasCatalog(relay));
      const { text } = await ask(`${relay}/fetch/demo/film.hang/catalog.json`);
      const [rendition] = Object.values<{ codec: string }>(JSON.parse(text).video.renditions);
      assert.match(rendition!.codec, /^avc1\./);
    }
  },
);
