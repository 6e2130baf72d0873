import assert from "node:assert/strict";
import { EventReader } from "@qumo/shared/topology";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";

type Subject = Awaited<ReturnType<typeof testController>>;

/** A watcher that follows some announces. */
class Follower {
  readonly #reader: ReadableStreamDefaultReader<string>;
  readonly #events = new EventReader({ line: 1 << 20, event: 1 << 20 });
  readonly #waiting: { event: string; data: string; id?: string | undefined }[] = [];
  name = "";

  constructor(body: ReadableStream<Uint8Array>) {
    this.#reader = body.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** The next event, as a text that says what it is about. */
  async next(): Promise<string> {
    while (this.#waiting.length === 0) {
      const { value, done } = await this.#reader.read();
      if (done) return "end";
      this.#waiting.push(...this.#events.read(value));
    }
    const { event, data } = this.#waiting.shift()!;
    const said = JSON.parse(data);
    if (event === "watcher") this.name = said.watcher;
    switch (event) {
      case "watcher":
        return said.follows;
      case "announces":
        return said.entries.map((one: { track: string }) => one.track).join();
      case "announce":
        return `+${said.track}`;
      case "withdraw":
        return `-${said.track}`;
      case "interests":
        return `interests ${said.number}`;
      case "place":
        return `place ${said.revision}`;
      default:
        return event;
    }
  }

  async nextFew(count: number): Promise<string[]> {
    const few: string[] = [];
    while (few.length < count) few.push(await this.next());
    return few;
  }

  leave(): Promise<void> {
    return this.#reader.cancel();
  }
}

async function follow({ request }: Subject, body: object): Promise<Follower> {
  const init = { method: "POST", body: JSON.stringify(body) };
  const response = await request("/watch", init);
  assert.equal(response.status, 200, await (response.ok ? "" : response.text()));
  return new Follower(response.body!);
}

async function announcing(...tracks: string[]): Promise<Subject> {
  const subject = await testController();
  await subject.ask("PUT", "/relay/a", { announces: tracks });
  return subject;
}

Deno.test("a watcher with interests is told of the announces that they are about, and no others", async () => {
  const subject = await announcing("live/a", "live/b", "other", "~/%2Froom/live/a");
  const follower = await follow(subject, {
    interests: { namespaces: ["live/a"], prefixes: ["~/%2Froom/~"] },
  });
  const opening = await follower.nextFew(4);
  assert.deepEqual(opening, ["interests", "graph", "live/a,~/%2Froom/live/a", "ready"]);
  const announce = (track: string) =>
    subject.ask("PUT", `/announce/${encodeURI(track)}`, { relay: "a" });
  for (const track of ["live/c", "live", "live/a/~/video", "~/%2Froom/new"]) await announce(track);
  assert.deepEqual(await follower.nextFew(3), ["+live", "+live/a/~/video", "+~/%2Froom/new"]);
  await subject.ask("DELETE", "/announce/live/b?relay=a");
  await subject.ask("DELETE", "/announce/live?relay=a");
  assert.equal(await follower.next(), "-live");
  await subject.ask("DELETE", "/relay/a");
  assert.equal(await follower.next(), "gone");
  await follower.leave();
});

Deno.test("what a watcher becomes interested in it is told whole, and then as it changes", async () => {
  const subject = await announcing("live/a", "live/b");
  const follower = await follow(subject, { scope: "flows", interests: {} });
  assert.deepEqual(await follower.nextFew(2), ["interests", "ready"]);
  const change = (body: object) => subject.ask("PUT", `/watch/${follower.name}`, body);
  const added = await change({ number: 1, add: { namespaces: ["live/a", "live/new"] } });
  assert.deepEqual([added.status, added.body.number], [200, 1]);
  assert.deepEqual(await follower.nextFew(2), ["live/a", "interests 1"]);
  await subject.ask("PUT", "/announce/live/new", { relay: "a" });
  assert.equal(await follower.next(), "+live/new");
  await change({ number: 2, add: { prefixes: ["live"] }, drop: { namespaces: ["live/a"] } });
  assert.deepEqual(await follower.nextFew(2), ["live/a,live/b,live/new", "interests 2"]);
  await follower.leave();
  assert.equal((await change({ number: 3 })).status, 404);
});

Deno.test("a watcher resumes with its interests where it stopped", async () => {
  const subject = await announcing("live/a");
  const { revision } = (await subject.ask("GET", "/health")).body;
  for (const track of ["live/b", "live/c"]) {
    await subject.ask("PUT", `/announce/${encodeURI(track)}`, { relay: "a" });
  }
  await subject.ask("DELETE", "/announce/live/c?relay=a");
  const interests = { namespaces: ["live/a", "live/c"] };
  const follower = await follow(subject, { since: revision, interests });
  assert.deepEqual(await follower.nextFew(4), ["interests", "ready", "+live/c", "-live/c"]);
  await follower.leave();
});

Deno.test("a watcher that nothing concerns for long is told where it may resume", async () => {
  const subject = await announcing("live/a");
  const follower = await follow(subject, { scope: "flows", interests: { namespaces: ["b"] } });
  assert.deepEqual(await follower.nextFew(2), ["interests", "ready"]);
  for (const track of ["live/b", "live/c"]) {
    await subject.ask("PUT", `/announce/${encodeURI(track)}`, { relay: "a" });
  }
  const { revision } = (await subject.ask("GET", "/health")).body;
  await subject.clock.advance(15_000);
  assert.equal(await follower.next(), `place ${revision}`);
  await follower.leave();
});

Deno.test("a small directory is followed as a whole by those who ask for it", async () => {
  const subject = await announcing("live/a", "live/b");
  const follower = await follow(subject, { interests: {}, all_up_to: 2 });
  assert.deepEqual(await follower.nextFew(4), ["all", "graph", "live/a,live/b", "ready"]);
  const changed = await subject.ask("PUT", `/watch/${follower.name}`, { number: 7 });
  assert.equal(changed.status, 200);
  assert.equal(await follower.next(), "interests 7");
  await follower.leave();
});

Deno.test("a track is no interest, and too many are refused", async () => {
  const subject = await announcing("live/a");
  const watch = (interests: object) => subject.ask("POST", "/watch", { interests });
  const refused = await watch({ namespaces: ["live/~/video"] });
  assert.deepEqual([refused.status, refused.body.code], [400, "bad_request"]);
  const namespaces = Array.from({ length: 8193 }, (_, number) => `n${number}`);
  const many = await watch({ namespaces });
  assert.deepEqual([many.status, many.body.code], [429, "limit_reached"]);
  assert.match((await subject.ask("GET", "/metrics")).body, /qumo_sdn_watch_interests 0\n/);
});

Deno.test("interests that are named many times count and are told once", async () => {
  const subject = await announcing("live/a", "live/b");
  const often = (text: string) => Array.from({ length: 1000 }, () => text);
  const follower = await follow(subject, {
    scope: "flows",
    interests: { namespaces: often("kept"), prefixes: often("live") },
  });
  assert.deepEqual(await follower.nextFew(3), ["interests", "live/a,live/b", "ready"]);
  const change = (body: object) => subject.ask("PUT", `/watch/${follower.name}`, body);
  await change({ number: 1, add: { prefixes: often("live") } });
  assert.deepEqual(await follower.nextFew(2), ["live/a,live/b", "interests 1"]);
  // What is dropped once makes room once.
  const many = Array.from({ length: 8192 }, (_, number) => `n${number}`);
  const grown = await change({
    number: 2,
    add: { namespaces: many },
    drop: { namespaces: often("kept") },
  });
  assert.deepEqual([grown.status, grown.body.code], [429, "limit_reached"]);
  assert.match((await subject.ask("GET", "/metrics")).body, /qumo_sdn_watch_interests 2\n/);
  await follower.leave();
});

Deno.test("a watcher that does not read what it asked for is to ask for more later", async () => {
  const subject = await announcing("live/a");
  const follower = await follow(subject, { scope: "flows", interests: {} });
  assert.deepEqual(await follower.nextFew(2), ["interests", "ready"]);
  let [number, refusal] = [1, await addLive(subject, follower, 1)];
  while (refusal === undefined && number < 100) {
    refusal = await addLive(subject, follower, ++number);
  }
  assert.equal(refusal, "rate_limited");
  // It reads, and may ask again.
  while (await follower.next() !== `interests ${number - 1}`);
  assert.equal(await addLive(subject, follower, number), undefined);
  await follower.leave();
});

async function addLive(subject: Subject, { name }: Follower, number: number) {
  const body = { number, add: { prefixes: ["live"] } };
  return (await subject.ask("PUT", `/watch/${name}`, body)).body.code;
}

Deno.test("a watcher with interests that does not read is told that its history is gone", async () => {
  const subject = await testController({ controller: { history: 20 } });
  await subject.ask("PUT", "/relay/a", {});
  const follower = await follow(subject, { scope: "flows", interests: { prefixes: ["~"] } });
  assert.deepEqual(await follower.nextFew(2), ["interests", "ready"]);
  for (let number = 0; number < 100; number++) {
    await subject.ask("PUT", `/announce/live/${number}`, { relay: "a" });
  }
  let last = await follower.next();
  while (last.startsWith("+")) last = await follower.next();
  assert.equal(last, "history_gone");
  assert.equal(await follower.next(), "end");
});

Deno.test("watchers with interests end when the controller does", async () => {
  const subject = await announcing("live/a");
  const follower = await follow(subject, { scope: "flows", interests: { namespaces: ["b"] } });
  assert.deepEqual(await follower.nextFew(2), ["interests", "ready"]);
  await subject.controller.close();
  assert.equal(await follower.next(), "end");
});
