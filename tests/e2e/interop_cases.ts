import { sleep, systemClock } from "@qumo/shared/runtime";
import type { Peer } from "../support/peers/peer.ts";

/** One case of the interop runner, played by one client. */
export interface InteropCase {
  readonly name: string;
  /** Milliseconds that the runner gives it. */
  readonly timeout: number;
  /** Plays it; throws a sentence when it fails. `connect` opens a further connection of the client. */
  run(connect: () => Promise<Peer>): Promise<void>;
}

const NAMESPACE = "moq-test/interop";
const TRACK = "test-track";

// In the last case the runner's publisher comes half a second after its subscriber.
const PUBLISHER_DELAY = 500;

/** The six cases of the interop runner with their names and time limits there. */
export const interopCases: readonly InteropCase[] = [
  {
    name: "setup-only",
    timeout: 2000,
    async run(connect) {
      await (await connect()).close();
    },
  },
  {
    name: "announce-only",
    timeout: 2000,
    async run(connect) {
      const [publisher, witness] = [await connect(), await connect()];
      await publisher.publish(NAMESPACE, [TRACK]);
      await witness.announced(NAMESPACE);
    },
  },
  {
    name: "publish-namespace-done",
    timeout: 2000,
    async run(connect) {
      const [publisher, witness] = [await connect(), await connect()];
      const publication = await publisher.publish(NAMESPACE, [TRACK]);
      await witness.announced(NAMESPACE);
      await publication.end();
      await witness.withdrawn(NAMESPACE);
    },
  },
  {
    name: "subscribe-error",
    timeout: 2000,
    async run(connect) {
      const subscriber = await connect();
      if (await isRefused(subscriber, "nonexistent/namespace")) return;
      throw new Error("A track that nobody has was delivered");
    },
  },
  {
    name: "announce-subscribe",
    timeout: 3000,
    async run(connect) {
      const [publisher, subscriber] = [await connect(), await connect()];
      const publication = await publisher.publish(NAMESPACE, [TRACK]);
      await subscriber.announced(NAMESPACE);
      await subscriber.watch(NAMESPACE, TRACK);
      await publication.subscribed(TRACK);
    },
  },
  {
    name: "subscribe-before-announce",
    timeout: 3500,
    async run(connect) {
      const subscriber = await connect();
      const refused = isRefused(subscriber, NAMESPACE);
      await sleep(systemClock, PUBLISHER_DELAY);
      const publisher = await connect();
      const publication = await publisher.publish(NAMESPACE, [TRACK]);
      // Both are right: to say no at once, and to wait for the publisher.
      await Promise.race([refused, publication.subscribed(TRACK)]);
    },
  },
];

/** Resolves with whether the subscription was refused, once that is known. */
async function isRefused(subscriber: Peer, path: string): Promise<boolean> {
  try {
    const watch = await subscriber.watch(path, TRACK);
    return await watch.next() === undefined;
  } catch {
    return true;
  }
}
