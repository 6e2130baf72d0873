import { type ControlMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { RequestChannel, Requests } from "../../relay/session/moqt/requests/requests.ts";
import { isTransportEnd } from "../../relay/session/errors.ts";

/** Two ends of a session, as far as its requests go. */
export interface RequestEnds {
  readonly client: Requests;
  readonly server: Requests;
  /** Ends the session. */
  close(): void;
}

/** Makes two ends, of which each lets the other begin so many requests at a time. */
export type MakeEnds = (credit: number) => RequestEnds;

/** What every implementation of requests does, however it gets messages to the other side. */
export function requestContract(name: string, makeEnds: MakeEnds): void {
  const test = (title: string, body: (ends: RequestEnds) => Promise<void>, credit = 16) =>
    Deno.test(`requests, ${name}: ${title}`, async () => {
      const ends = makeEnds(credit);
      try {
        await body(ends);
      } finally {
        ends.close();
      }
    });

  test("a request reaches the other side, and its answers come back in order", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    assert.deepEqual(await heard.next(), question(0n));
    for (const message of [OK, namespace(1), namespace(2)]) heard.send(message);
    assert.equal(heard.sentCount, 3);
    for (const message of [OK, namespace(1), namespace(2)]) {
      assert.deepEqual(await asked.next(), message);
    }
  });

  test("the messages of requests at the same time do not mix", async (ends) => {
    const pairs = [await begin(ends, 0n), await begin(ends, 2n), await begin(ends, 4n)];
    for (const [index, [, heard]] of pairs.entries()) {
      assert.deepEqual(await heard.next(), question(BigInt(2 * index)));
    }
    for (const [index, [, heard]] of [...pairs.entries()].reverse()) heard.send(namespace(index));
    for (const [index, [asked]] of pairs.entries()) {
      assert.deepEqual(await asked.next(), namespace(index));
    }
  });

  test("each side may begin requests of its own", async ({ client, server }) => {
    const ours = await client.open();
    const theirs = await server.open();
    ours.send(question(0n));
    theirs.send(question(1n));
    assert.deepEqual(await (await server.accept())!.next(), question(0n));
    assert.deepEqual(await (await client.accept())!.next(), question(1n));
  });

  test("a side that has said all is heard to the end, and may still be answered", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    asked.send(UPDATE);
    asked.finish();
    asked.send(UPDATE);
    assert.deepEqual(await heard.next(), question(0n));
    assert.deepEqual(await heard.next(), UPDATE);
    assert.equal(await heard.next(), undefined);
    assert.equal(await heard.next(), undefined);
    heard.send(OK);
    heard.finish();
    assert.deepEqual(await asked.next(), OK);
    assert.equal(await asked.next(), undefined);
  });

  test("one that is cancelled ends for both, and the other side is told", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    await heard.next();
    const stopped = Promise.withResolvers<void>();
    heard.onStopped(stopped.resolve);
    asked.cancel("cancelled");
    await assert.rejects(heard.next(), isTransportEnd);
    await assert.rejects(asked.next(), isTransportEnd);
    // Some find out only when they have something to say.
    heard.send(OK);
    await stopped.promise;
  });

  test("everybody who wants to know is told once that the peer takes no more", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    await heard.next();
    const told: string[] = [];
    const last = Promise.withResolvers<void>();
    heard.onStopped(() => told.push("one"));
    heard.onStopped(() => told.push("other"));
    heard.onStopped(last.resolve);
    asked.cancel("cancelled");
    heard.send(OK);
    await last.promise;
    heard.send(OK);
    assert.deepEqual(told, ["one", "other"]);
  });

  test("what comes while a request is worked on is there afterwards", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    await heard.next();
    let ended = 0;
    const held = heard.hold(() => ended++, { byFin: false });
    asked.send(UPDATE);
    await Promise.resolve();
    held.release();
    assert.deepEqual(await heard.next(), UPDATE);
    asked.finish();
    assert.equal(await heard.next(), undefined);
    assert.equal(ended, 0);
  });

  for (const byFin of [true, false]) {
    test(`a peer that ${byFin ? "says its last" : "breaks it off"} meanwhile is noticed`, async (ends) => {
      const [asked, heard] = await begin(ends, 0n);
      await heard.next();
      const ended = Promise.withResolvers<void>();
      heard.hold(ended.resolve, { byFin });
      if (byFin) asked.finish();
      else asked.cancel("cancelled");
      await ended.promise;
    });
  }

  test("no more are begun than the other side allows, until one is over", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    await heard.next();
    let isOpen = false;
    const second = ends.client.open().then((request) => {
      isOpen = true;
      return request;
    });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.equal(isOpen, false);
    heard.send(OK);
    heard.finish();
    asked.finish();
    await Promise.all([asked.drain(), heard.drain()]);
    (await second).send(question(2n));
    assert.deepEqual(await (await ends.server.accept())!.next(), question(2n));
  }, 1);

  test("with the session end all requests, and no more come", async (ends) => {
    const [asked, heard] = await begin(ends, 0n);
    await heard.next();
    const reading = [asked.next(), heard.next()];
    ends.close();
    for (const read of reading) await assert.rejects(read, isTransportEnd);
    assert.equal(await ends.server.accept(), undefined);
    await assert.rejects(ends.client.open(), isTransportEnd);
  });
}

/** A request of the client, from both sides. */
async function begin(
  { client, server }: RequestEnds,
  requestId: bigint,
): Promise<[RequestChannel, RequestChannel]> {
  const asked = await client.open();
  asked.send(question(requestId));
  return [asked, (await server.accept())!];
}

function question(requestId: bigint): ControlMessage {
  return { kind: "subscribeNamespace", requestId, prefix: [], parameters: {} };
}

function namespace(number: number): ControlMessage {
  return { kind: "namespace", suffix: [Uint8Array.of(number)] };
}

const OK: ControlMessage = { kind: "requestOk", parameters: {}, properties: new Uint8Array(0) };
const UPDATE: ControlMessage = { kind: "requestUpdate", requestId: 8n, parameters: {} };
