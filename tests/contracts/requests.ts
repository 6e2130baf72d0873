import { type ControlMessage } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type {
  OwnRequest,
  RequestChannel,
  Requests,
} from "../../relay/session/moqt/requests/requests.ts";
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

/** What the two ends say, which depends on what a draft can say. */
export interface Conversation {
  readonly kind: OwnRequest;
  /** What begins a request of this id. */
  readonly question: (requestId: bigint) => ControlMessage;
  /** The answer, and what may follow it. */
  readonly answers: readonly [ControlMessage, ...ControlMessage[]];
  /** An answer that differs by this number. */
  readonly numbered: (number: number) => ControlMessage;
  /** A change of the first request, as it arrives. */
  readonly update: ControlMessage;
  /** What is heard of an update that nobody answers; nothing where somebody does. */
  readonly agreed?: readonly ControlMessage[];
  /** What can be cancelled in words of its own; the same as above when nothing is said. */
  readonly cancellable?: Cancellable;
}

/** A request, as far as it can be cancelled. */
export type Cancellable = Pick<Conversation, "kind" | "question" | "answers">;

/** What every implementation of requests does, however it gets messages to the other side. */
export function requestContract(
  name: string,
  makeEnds: MakeEnds,
  conversation: Conversation = NAMESPACES,
): void {
  const { kind, question, answers, numbered, update } = conversation;
  const { agreed = [], cancellable = conversation } = conversation;
  const [ok] = answers;
  let begun = 0n;
  /** A request of the client, from both sides. */
  const begin = async (
    { client, server }: RequestEnds,
    { kind, question }: Cancellable = conversation,
  ): Promise<[RequestChannel, RequestChannel]> => {
    const asked = await client.open(kind);
    asked.send(question(begun));
    begun += 2n;
    return [asked, (await server.accept())!];
  };
  const test = (title: string, body: (ends: RequestEnds) => Promise<void>, credit = 16) =>
    Deno.test(`requests, ${name}: ${title}`, async () => {
      const ends = makeEnds(credit);
      begun = 0n;
      try {
        await body(ends);
      } finally {
        ends.close();
      }
    });

  test("a request reaches the other side, and its answers come back in order", async (ends) => {
    const [asked, heard] = await begin(ends);
    assert.partialDeepStrictEqual(await heard.next(), question(0n));
    for (const message of answers) heard.send(message);
    assert.equal(heard.sentCount, answers.length);
    for (const message of answers) assert.partialDeepStrictEqual(await asked.next(), message);
  });

  test("the messages of requests at the same time do not mix", async (ends) => {
    const pairs = [await begin(ends), await begin(ends), await begin(ends)];
    for (const [index, [, heard]] of pairs.entries()) {
      assert.partialDeepStrictEqual(await heard.next(), question(BigInt(2 * index)));
    }
    for (const [index, [, heard]] of [...pairs.entries()].reverse()) heard.send(numbered(index));
    for (const [index, [asked]] of pairs.entries()) {
      assert.partialDeepStrictEqual(await asked.next(), numbered(index));
    }
  });

  test("each side may begin requests of its own", async ({ client, server }) => {
    const ours = await client.open(kind);
    const theirs = await server.open(kind);
    ours.send(question(0n));
    theirs.send(question(1n));
    assert.partialDeepStrictEqual(await (await server.accept())!.next(), question(0n));
    assert.partialDeepStrictEqual(await (await client.accept())!.next(), question(1n));
  });

  test("a side that has said all is heard to the end, and may still be answered", async (ends) => {
    const [asked, heard] = await begin(ends);
    asked.send(update);
    asked.finish();
    asked.send(update);
    assert.partialDeepStrictEqual(await heard.next(), question(0n));
    assert.partialDeepStrictEqual(await heard.next(), update);
    assert.equal(await heard.next(), undefined);
    assert.equal(await heard.next(), undefined);
    heard.send(ok);
    heard.finish();
    for (const message of [ok, ...agreed]) {
      assert.partialDeepStrictEqual(await asked.next(), message);
    }
    assert.equal(await asked.next(), undefined);
  });

  test("one that is cancelled ends for both, and the other side is told", async (ends) => {
    const [asked, heard] = await begin(ends, cancellable);
    await heard.next();
    const stopped = Promise.withResolvers<void>();
    heard.onStopped(stopped.resolve);
    asked.cancel("cancelled");
    await assert.rejects(heard.next(), isTransportEnd);
    await assert.rejects(asked.next(), isTransportEnd);
    // Some find out only when they have something to say.
    heard.send(cancellable.answers[0]);
    await stopped.promise;
  });

  test("everybody who wants to know is told once that the peer takes no more", async (ends) => {
    const [asked, heard] = await begin(ends, cancellable);
    await heard.next();
    const told: string[] = [];
    const last = Promise.withResolvers<void>();
    heard.onStopped(() => told.push("one"));
    heard.onStopped(() => told.push("other"));
    heard.onStopped(last.resolve);
    asked.cancel("cancelled");
    heard.send(cancellable.answers[0]);
    await last.promise;
    heard.send(cancellable.answers[0]);
    assert.deepEqual(told, ["one", "other"]);
  });

  test("what comes while a request is worked on is there afterwards", async (ends) => {
    const [asked, heard] = await begin(ends);
    await heard.next();
    let ended = 0;
    const held = heard.hold(() => ended++, { byFin: false });
    asked.send(update);
    await Promise.resolve();
    held.release();
    assert.partialDeepStrictEqual(await heard.next(), update);
    asked.finish();
    assert.equal(await heard.next(), undefined);
    assert.equal(ended, 0);
  });

  for (const byFin of [true, false]) {
    test(`a peer that ${byFin ? "says its last" : "breaks it off"} meanwhile is noticed`, async (ends) => {
      const [asked, heard] = await begin(ends, byFin ? conversation : cancellable);
      await heard.next();
      const ended = Promise.withResolvers<void>();
      heard.hold(ended.resolve, { byFin });
      if (byFin) asked.finish();
      else asked.cancel("cancelled");
      await ended.promise;
    });
  }

  test("no more are begun than the other side allows, until one is over", async (ends) => {
    const [asked, heard] = await begin(ends);
    await heard.next();
    let isOpen = false;
    const second = ends.client.open(kind).then((request) => {
      isOpen = true;
      return request;
    });
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    assert.equal(isOpen, false);
    heard.send(ok);
    heard.finish();
    asked.finish();
    await Promise.all([asked.drain(), heard.drain()]);
    (await second).send(question(2n));
    assert.partialDeepStrictEqual(await (await ends.server.accept())!.next(), question(2n));
  }, 1);

  test("with the session end all requests, and no more come", async (ends) => {
    const [asked, heard] = await begin(ends);
    await heard.next();
    const reading = [asked.next(), heard.next()];
    ends.close();
    for (const read of reading) await assert.rejects(read, isTransportEnd);
    assert.equal(await ends.server.accept(), undefined);
    await assert.rejects(ends.client.open(kind), isTransportEnd);
  });
}

/** Namespaces are asked for, and come. */
export const NAMESPACES: Conversation = {
  kind: "subscribeNamespace",
  question: (requestId) => ({ kind: "subscribeNamespace", requestId, prefix: [], parameters: {} }),
  answers: [
    { kind: "requestOk", parameters: {}, properties: new Uint8Array(0) },
    namespace(1),
    namespace(2),
  ],
  numbered: namespace,
  update: { kind: "requestUpdate", requestId: 8n, parameters: {} },
};

function namespace(number: number): ControlMessage {
  return { kind: "namespace", suffix: [Uint8Array.of(number)] };
}
