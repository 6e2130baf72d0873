import assert from "node:assert/strict";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { ANNOUNCES_PER_EVENT, SHARED_SNAPSHOT_MS } from "../control/limits.ts";
import { MAX_WATCHERS_PER_CLIENT, MAX_WRITE_LENGTH } from "./limits.ts";

type Subject = Awaited<ReturnType<typeof testController>>;

/** One client that follows. */
class Follower {
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";

  constructor(response: Response) {
    assert.equal(response.headers.get("content-type"), "text/event-stream");
    assert.ok(response.body);
    this.#reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next block, as its lines. */
  async block(): Promise<string[]> {
    while (!this.#text.includes("\n\n")) {
      const { value, done } = await this.#reader.read();
      if (done) return ["end"];
      this.#text += value;
    }
    const end = this.#text.indexOf("\n\n");
    const block = this.#text.slice(0, end);
    this.#text = this.#text.slice(end + 2);
    return block.split("\n");
  }

  /** The next event: its name, what it says, its id. */
  async event() {
    const lines = await this.block();
    const field = (name: string) =>
      lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    const id = field("id");
    return {
      event: field("event") ?? lines[0],
      // deno-lint-ignore no-explicit-any -- every event says something else
      data: JSON.parse(field("data") ?? "null") as any,
      ...(id && { id: Number(id) }),
    };
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

/** How many follow, by the metrics. */
async function watchers({ ask }: Subject): Promise<string | undefined> {
  return /^qumo_sdn_watchers (\d+)$/m.exec((await ask("GET", "/metrics")).body)?.[1];
}

async function follow({ request }: Subject, query = "", headers = {}): Promise<Follower> {
  const response = await request(`/watch${query}`, { headers });
  assert.equal(response.status, 200);
  const follower = new Follower(response);
  assert.deepEqual(await follower.block(), ["retry: 1000"]);
  return follower;
}

Deno.test("a watcher gets a snapshot, then each change under its revision", async () => {
  const subject = await testController();
  const { ask } = subject;
  await ask("PUT", "/relay/a", { neighbors: { b: 3 }, announces: ["x"] });
  const follower = await follow(subject);
  const graph = await follower.event();
  assert.deepEqual([graph.event, graph.id, graph.data.revision], ["graph", undefined, 1]);
  assert.deepEqual(graph.data.adjacency, { a: { b: 3 } });
  const announces = await follower.event();
  assert.deepEqual([announces.event, announces.data.entries[0].track], ["announces", "x"]);
  assert.deepEqual(await follower.event(), { event: "ready", data: { revision: 1 }, id: 1 });
  await ask("PUT", "/relay/b", { region: "eu" });
  const relay = await follower.event();
  assert.deepEqual([relay.event, relay.id, relay.data.region], ["relay", 2, "eu"]);
  await ask("PUT", "/announce/y", { relay: "b" });
  const announce = await follower.event();
  assert.deepEqual([announce.event, announce.id, announce.data.track], ["announce", 3, "y"]);
  await ask("DELETE", "/announce/y?relay=b");
  assert.equal((await follower.event()).event, "withdraw");
  await ask("POST", "/relay/b/drain");
  assert.equal((await follower.event()).data.state, "draining");
  await ask("DELETE", "/relay/b");
  const gone = await follower.event();
  assert.deepEqual([gone.event, gone.id], ["gone", 6]);
  // Once, although it says something about the graph and about the announces.
  await ask("PUT", "/relay/c", {});
  assert.equal((await follower.event()).event, "relay");
  assert.equal(await watchers(subject), "1");
  await follower.leave();
  assert.equal(await watchers(subject), "0");
});

Deno.test("a heartbeat that changes nothing is no event, an expiry is", async () => {
  const subject = await testController();
  const { ask, clock } = subject;
  await ask("PUT", "/relay/a", {});
  await ask("PUT", "/relay/b", {});
  const follower = await follow(subject, "?since=2&scope=graph");
  assert.equal((await follower.event()).event, "ready");
  await clock.advance(50_000);
  await ask("PUT", "/relay/a", {});
  for (let i = 0; i < 3; i++) await clock.advance(15_000);
  let block = await follower.block();
  for (; block[0] !== "id: 3"; block = await follower.block()) {
    assert.deepEqual(block, [": still here"]);
  }
  assert.equal(block[1], "event: gone");
  await follower.leave();
});

Deno.test("since gives the changes after it; Last-Event-ID goes before it", async () => {
  const subject = await testController();
  for (const name of ["a", "b", "c"]) await subject.ask("PUT", `/relay/${name}`, {});
  const names = async (follower: Follower, count: number) => {
    assert.equal((await follower.event()).event, "ready");
    const seen: string[] = [];
    for (let i = 0; i < count; i++) seen.push((await follower.event()).data.relay);
    await follower.leave();
    return seen;
  };
  assert.deepEqual(await names(await follow(subject, "?since=1"), 2), ["b", "c"]);
  const later = await follow(subject, "?since=1", { "last-event-id": "2" });
  assert.deepEqual(await names(later, 1), ["c"]);
});

Deno.test("a revision that the history does not reach is refused with the current one", async () => {
  const { ask } = await testController();
  await ask("PUT", "/relay/a", {});
  const { status, body } = await ask("GET", "/watch?since=7");
  assert.deepEqual([status, body.code, body.revision], [410, "history_gone", 1]);
});

Deno.test("the routes of a relay come whole, then line by line as they change", async () => {
  const subject = await testController();
  const { ask } = subject;
  await ask("PUT", "/relay/a,1", { neighbors: { b: 1 } });
  await ask("PUT", "/relay/b", { neighbors: { c: 1 } });
  const scope = encodeURIComponent(`routes:${encodeURIComponent("a,1")}`);
  const follower = await follow(subject, `?scope=${scope}`);
  const first = await follower.event();
  assert.equal(first.event, "routes");
  assert.deepEqual(Object.keys(first.data.routes), ["b", "c"]);
  assert.equal((await follower.event()).event, "ready");
  await ask("PUT", "/announce/x", { relay: "b" });
  await ask("PUT", "/relay/b", { neighbors: { c: 5 } });
  const second = await follower.event();
  assert.deepEqual(second.data.routes, { c: { next_hop: "b", cost: 6 } });
  await ask("PUT", "/relay/b", { neighbors: {} });
  const third = await follower.event();
  assert.deepEqual([third.data.routes, third.data.removed], [{}, ["c"]]);
  await follower.leave();
});

Deno.test("the flows of a relay come whole, at first and at each change, and go with it", async () => {
  const subject = await testController();
  const { ask } = subject;
  const flow = { track: "live/~/video", next_hop: "b", source: "c" };
  await ask("PUT", "/relay/a", { flows: [flow] });
  const follower = await follow(subject, "?scope=flows");
  assert.deepEqual(await follower.event(), { event: "flows", data: { relay: "a", flows: [flow] } });
  assert.equal((await follower.event()).event, "ready");
  await ask("PUT", "/announce/x", { relay: "a" });
  const other = { ...flow, track: "live/~/audio" };
  await ask("PUT", "/relay/a", { flows: [flow, other] });
  const changed = await follower.event();
  assert.deepEqual(changed, {
    event: "flows",
    data: { revision: 3, relay: "a", flows: [flow, other] },
    id: 3,
  });
  await ask("DELETE", "/relay/a");
  assert.deepEqual((await follower.event()).data, {
    revision: 4,
    relay: "a",
    reason: "deregistered",
  });
  await follower.leave();
});

Deno.test("a watcher that is too slow is told that its place is gone", async () => {
  const subject = await testController({ controller: { history: 10 } });
  await subject.ask("PUT", "/relay/a", {});
  const follower = await follow(subject, "?since=1&scope=announces");
  assert.equal((await follower.event()).event, "ready");
  await subject.ask("PUT", "/announce/first", { relay: "a" });
  assert.equal((await follower.event()).event, "announce");
  for (let i = 0; i < 30; i++) {
    await subject.controller.relays.register("a", { announces: [`t${i}`.padEnd(3000, "-")] });
  }
  // What it had asked for already still comes; what follows is gone.
  let last = await follower.event();
  while (last.event !== "history_gone") {
    assert.ok(last.id !== undefined && last.id < 20);
    last = await follower.event();
  }
  assert.deepEqual(last.data, { revision: 32 });
  assert.deepEqual(await follower.block(), ["end"]);
});

Deno.test("watchers end when the controller does", async () => {
  const subject = await testController();
  const follower = await follow(subject, "?scope=graph");
  assert.equal((await follower.event()).event, "graph");
  assert.equal((await follower.event()).event, "ready");
  const last = follower.block();
  await subject.controller.close();
  assert.deepEqual(await last, ["end"]);
  assert.equal(await watchers(subject), "0");
});

Deno.test("a scope that there is not is refused", async () => {
  const { ask } = await testController();
  for (const scope of ["", "all", "graph,", "routes:", "routes:%25FF"]) {
    assert.equal((await ask("GET", `/watch?scope=${scope}`)).status, 400, scope);
  }
});

Deno.test("an event is sent in pieces, and comes whole", async () => {
  const subject = await testController();
  const track = `${"%F0%9F%8E%A5".repeat(300)}`;
  for (let relay = 0; relay < 40; relay++) {
    const neighbors = Object.fromEntries(Array.from({ length: 100 }, (_, to) => [`🎥${to}`, 1]));
    await subject.ask("PUT", `/relay/🎥${relay}`, { neighbors, announces: [track] });
  }
  const response = await subject.request("/watch?scope=graph,announces");
  const reader = response.body!.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  while (!text.includes("event: ready")) {
    const { value } = await reader.read();
    assert.ok(value!.length <= 3 * MAX_WRITE_LENGTH, "a piece that is as long as the event");
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  const [, graph] = /event: graph\ndata: (.*)\n/.exec(text)!;
  assert.equal(JSON.parse(graph!).nodes.length, 100);
});

Deno.test("a client that reads gzip is sent the same in gzip, and each change as it comes", async () => {
  const subject = await testController();
  await subject.ask("PUT", "/relay/a", { announces: ["x".repeat(5000)] });
  const compressed = await subject.request("/watch", {
    headers: { "accept-encoding": "br;q=1, gzip;q=0.5" },
  });
  assert.equal(compressed.headers.get("content-encoding"), "gzip");
  let bytes = 0;
  const counting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      bytes += piece.length;
      controller.enqueue(piece);
    },
  });
  const body = (compressed.body as ReadableStream<Uint8Array<ArrayBuffer>>).pipeThrough(counting)
    .pipeThrough(new DecompressionStream("gzip"));
  const headers = { "content-type": "text/event-stream" };
  const follower = new Follower(new Response(body, { headers }));
  assert.deepEqual(await follower.block(), ["retry: 1000"]);
  const names = [await follower.event(), await follower.event(), await follower.event()];
  assert.deepEqual(names.map(({ event }) => event), ["graph", "announces", "ready"]);
  assert.ok(bytes < 2000);
  await subject.ask("PUT", "/relay/b", {});
  assert.equal((await follower.event()).data.relay, "b");
  await follower.leave();
  const plain = await subject.request("/watch", { headers: { "accept-encoding": "gzip;q=0" } });
  assert.equal(plain.headers.get("content-encoding"), null);
  await plain.body!.cancel();
});

Deno.test("what a relay announces at once is told in lists, one after the other", async () => {
  const subject = await testController();
  const follower = await follow(subject, "?since=0&scope=announces");
  assert.equal((await follower.event()).event, "ready");
  const announces = Array.from({ length: 2 * ANNOUNCES_PER_EVENT + 1 }, (_, at) => `t${at}`);
  await subject.ask("PUT", "/relay/a", { announces });
  const told = [await follower.event(), await follower.event(), await follower.event()];
  assert.deepEqual(told.map(({ event, id }) => [event, id]), [
    ["announces", 1],
    ["announces", 1],
    ["announce", 1],
  ]);
  const tracks = told.flatMap(({ data }) => (data.entries ?? [data]))
    .map(({ track }: { track: string }) => track);
  assert.deepEqual(tracks, announces);
  await follower.leave();
});

Deno.test("who asks for the head of the events alone follows nothing", async () => {
  const subject = await testController();
  const { status, headers, body } = await subject.request("/watch", { method: "HEAD" });
  assert.deepEqual([status, headers.get("content-type"), body], [200, "text/event-stream", null]);
  assert.equal(await watchers(subject), "0");
});

Deno.test("one client follows with so many connections and no more", async () => {
  const subject = await testController();
  const bodies = [];
  for (let count = 0; count < MAX_WATCHERS_PER_CLIENT; count++) {
    bodies.push((await subject.request("/watch")).body!);
  }
  assert.equal((await subject.ask("GET", "/watch")).status, 429);
  await bodies.pop()!.cancel();
  bodies.push((await subject.request("/watch")).body!);
  for (const body of bodies) await body.cancel();
  assert.equal(
    (await subject.ask("GET", `/watch?scope=${"routes:a,".repeat(17)}graph`)).status,
    400,
  );
});

Deno.test("a large graph is written once for those who begin within a moment, and what follows is told", async () => {
  const subject = await testController();
  const { ask, clock } = subject;
  const register = async (count: number, from: number) => {
    for (let relay = from; relay < from + count; relay++) {
      const neighbors = Object.fromEntries(Array.from({ length: 60 }, (_, to) => [`n${to}`, 1]));
      await ask("PUT", `/relay/r${relay}`, { neighbors });
    }
  };
  await register(20, 0);
  const begin = async () => {
    const follower = await follow(subject, "?scope=graph");
    const { data } = await follower.event();
    assert.equal((await follower.event()).event, "ready");
    return { follower, revision: data.revision };
  };
  const first = await begin();
  assert.equal(first.revision, 20);
  await register(1, 20);
  const second = await begin();
  assert.equal(second.revision, 20);
  assert.equal((await second.follower.event()).id, 21, "what it was not shown");
  await clock.advance(SHARED_SNAPSHOT_MS);
  const third = await begin();
  assert.equal(third.revision, 21);
  for (const { follower } of [first, second, third]) await follower.leave();
});

Deno.test("a relay that restarts with the announces that it had is told of, and they are not", async () => {
  const subject = await testController();
  const { ask } = subject;
  const announces = ["x", "y", "z"];
  await ask("PUT", "/relay/a", { epoch: 1, announces });
  const follower = await follow(subject, "?since=1");
  assert.equal((await follower.event()).event, "ready");
  await ask("PUT", "/relay/a", { epoch: 2, announces: ["y", "z", "new"] });
  const told = [await follower.event(), await follower.event(), await follower.event()];
  assert.deepEqual(told.map(({ event, data }) => [event, data.track ?? data.relay]), [
    ["withdraw", "x"],
    ["relay", "a"],
    ["announce", "new"],
  ]);
  assert.equal((await ask("GET", "/announce")).body.count, 3);
  await ask("DELETE", "/relay/a");
  assert.equal((await follower.event()).event, "gone");
  await follower.leave();
});

Deno.test("a client is told as often as it prefers that the controller is there, within bounds", async () => {
  const subject = await testController();
  for (
    const [prefer, applied, everyMs] of [
      ["keep-alive=1", "keep-alive=1", 1000],
      ["respond-async, keep-alive=3; x", "keep-alive=3", 3000],
      ["keep-alive=0", "keep-alive=1", 1000],
      ["keep-alive=9999", "keep-alive=15", 15_000],
      ["keep-alive=soon", null, 15_000],
      ["", null, 15_000],
    ] as const
  ) {
    const response = await subject.request("/watch?scope=graph", { headers: { prefer } });
    assert.equal(response.headers.get("preference-applied"), applied);
    const follower = new Follower(response);
    for (let block = [""]; block[1] !== "event: ready";) block = await follower.block();
    let isHere = false;
    const sign = follower.block().then((block) => {
      assert.deepEqual(block, [": still here"]);
      isHere = true;
    });
    await subject.clock.advance(everyMs - 1);
    assert.equal(isHere, false);
    await subject.clock.advance(1);
    await sign;
    await follower.leave();
  }
});
