/** Clients of others at both ends of a mesh whose best way fails, or is shut down. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { GROUP_MS, meshTest, STEADY, trackText } from "../support/mesh/mesh_case.ts";
import { Reception } from "../support/mesh/reception.ts";
import { diamond } from "../support/mesh/topology.ts";
import { moqNetBy } from "../support/peers/moq_net.ts";
import type { Publication, Watch } from "../support/peers/peer.ts";
import { payloadInWords, payloadOf } from "../support/peers/traffic.ts";
import { until } from "../support/until.ts";

const PATH = "concert";
const TRACK = "video";
const OBJECTS = 5;
const OBJECT_BYTES = 200;
const GROUPS_AFTER = 4;

/** Publishes groups one after the other until it is told to stop; `newest` is the last that is whole. */
class Live {
  newest = -1;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;

  constructor(publication: Publication) {
    this.#running = this.#run(publication);
  }

  async #run(publication: Publication): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const group = await publication.startGroup(TRACK);
      for (let object = 0; object < OBJECTS; object++) {
        await group.write(payloadOf(group.id, object, OBJECT_BYTES));
        await sleep(systemClock, GROUP_MS / OBJECTS, signal);
      }
      await group.end();
      this.newest = group.id;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

/** Keeps account of what comes, until the track ends. */
async function receive(watch: Watch, reception: Reception): Promise<void> {
  for (let found; (found = await watch.next()) !== undefined;) {
    const { group, object, payload } = found;
    const received = systemClock.now();
    reception.add({ group, object, sent: received, received });
    const expected = payloadOf(group, object, OBJECT_BYTES);
    if (payloadInWords(payload) !== payloadInWords(expected)) {
      reception.fault(`group ${group}: object ${object} is another one`);
    }
  }
}

for (
  const [publishing, viewing] of [["moq-lite-05", "moqt-18"], ["moqt-18", "moq-lite-05"]] as const
) {
  for (const [event, signal] of [["is killed", "SIGKILL"], ["shuts down", "SIGTERM"]] as const) {
    meshTest(
      `@moq/net by ${viewing} goes on when the best way to @moq/net by ${publishing} ${event}`,
      { topology: diamond(), ...signal === "SIGTERM" && { relayConfig: STEADY } },
      async ({ mesh, lossless, within }) => {
        await using ends = new AsyncDisposableStack();
        const join = async (protocol: string, relay: string) => {
          const peer = await moqNetBy(protocol)(mesh.relay(relay));
          ends.defer(() => peer.close());
          return peer;
        };
        const comesBy = (relay: string) => mesh.routed("east", trackText(PATH), [relay, "west"]);
        const publication = await (await join(publishing, "west")).publish(PATH, [TRACK]);
        const viewer = await join(viewing, "east");
        await viewer.announced(PATH);
        const seen = new Reception(OBJECTS);
        const watch = await viewer.watch(PATH, TRACK);
        const receiving = receive(watch, seen);
        await publication.subscribed(TRACK);
        const live = ends.use(new Live(publication));
        await comesBy("north");
        const before = live.newest + 1;
        await until("a group by the best way", () => seen.isWhole(before));

        await mesh.relay("north").end(signal);
        await comesBy("south");
        const last = live.newest + GROUPS_AFTER;
        await until("groups by the other way", () => seen.isWhole(last));
        const verdict = seen.verdict({ first: before, last });
        if (signal === "SIGTERM") lossless(verdict);
        else within(verdict);
        assert.deepEqual(seen.faults, []);
        await watch.stop();
        await receiving;
      },
    );
  }
}
