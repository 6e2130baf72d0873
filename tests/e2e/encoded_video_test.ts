/** What an encoder makes, published by moq-dev's Rust library, for viewers who come in the middle of it. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { connectChromium } from "../peers/browser_peer.ts";
import { startTestPicture } from "../peers/ffmpeg.ts";
import { connectMoqRs, type MoqRsPeer } from "../peers/moq_rs.ts";
import { pythonMissing } from "../peers/python.ts";
import { programMissing } from "../support/optional_test_case.ts";
import { seriesOf } from "../support/metrics/exposition.ts";
import type { Peer } from "../support/peers/peer.ts";
import { relayChromiumTest, type RelayTest } from "../support/processes/relay_test_case.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";

/** Each joins another broadcast, as the first who comes late. */
const JOINS = 12;
const FIRST_JOIN_MS = 2_000;
const LAST_JOIN_MS = 5_000;

/** A second of video. */
const FRAMES_PER_GROUP = 30;
const WATCHED_GROUPS = 4;

const missing = pythonMissing("moq") ?? programMissing("ffmpeg");

relayChromiumTest(
  `${JOINS} of ${JOINS} pages that come late to what ffmpeg and moq-rs publish go on`,
  async (test, browser) => {
    await joinLate(test, () => connectChromium(browser, test.relay), [test.relay]);
  },
  { missing },
);

relayChromiumTest(
  `${JOINS} of ${JOINS} pages that come late to what ffmpeg and moq-rs publish go on, by another relay`,
  async (test, browser) => {
    await using edge = await startRelay({
      upstream: [`moqt://127.0.0.1:${test.relay.port}`],
      mesh: { insecure: true },
    });
    await joinLate(test, () => connectChromium(browser, edge), [test.relay, edge]);
  },
  { missing },
);

/** The relays are those between the publisher and the viewers. */
async function joinLate(
  { deadline, join }: RelayTest,
  connect: () => Promise<Peer>,
  relays: readonly RelayProcess[],
): Promise<void> {
  const publisher = await join(connectMoqRs);
  await using picture = startTestPicture({ groupOfPictures: FRAMES_PER_GROUP });
  const published = publish(publisher, picture.encoded);
  const viewer = await join(connect);
  await deadline.for("the last broadcast", viewer.announced(pathOf(JOINS - 1)));
  const step = (LAST_JOIN_MS - FIRST_JOIN_MS) / (JOINS - 1);
  const watched = await Promise.all(Array.from({ length: JOINS }, async (_, number) => {
    await sleep(systemClock, FIRST_JOIN_MS + number * step);
    return await deadline.for(`join ${number}`, watch(viewer, pathOf(number)));
  }));
  let leftOut = 0;
  for (const groups of watched) {
    for (const [group, objects] of groups) {
      assert.ok(isFromStart(objects), `${group}: ${objects}`);
    }
    const numbers = [...groups.keys()];
    leftOut += 1 + Math.max(...numbers) - Math.min(...numbers) - WATCHED_GROUPS;
  }
  // A viewer for whom the machine is too slow gets less, but the relay says so.
  const skipped = await Promise.all(relays.map(skips));
  assert.ok(
    leftOut <= skipped.reduce((sum, count) => sum + count),
    `${leftOut} groups are missing`,
  );
  for (const relay of relays) assert.doesNotMatch(relay.log(), /malformed/);
  picture.stop();
  await published;
}

/** The groups that a relay skipped or cut short for its subscribers. */
async function skips(relay: RelayProcess): Promise<number> {
  let count = 0;
  for (const { name, value } of seriesOf(await relay.metrics())) {
    if (name === "qumo_relay_subscriber_skips_total") count += value;
  }
  return count;
}

function pathOf(number: number): string {
  return `live/picture${number}`;
}

/** The same video under every path. */
async function publish(publisher: MoqRsPeer, encoded: ReadableStream<Uint8Array>): Promise<void> {
  let rest = encoded;
  const all: Promise<void>[] = [];
  for (let number = 0; number < JOINS; number++) {
    const [one, others] = rest.tee();
    all.push(publisher.publishVideo(pathOf(number), one));
    rest = others;
  }
  await Promise.all([...all, rest.pipeTo(new WritableStream())]);
}

/**
 * Watches the video as its catalog names it, until enough groups were whole and others are under way.
 * Returns the objects of each group up to the last whole one.
 */
async function watch(viewer: Peer, path: string): Promise<Map<number, number[]>> {
  const catalog = await viewer.watch(path, "catalog.json");
  const found = await catalog.next();
  const text = new TextDecoder().decode(found?.payload);
  const [track] = Object.keys(JSON.parse(text.slice(text.indexOf("{"))).video.renditions);
  const video = await viewer.watch(path, track!);
  const groups = new Map<number, number[]>();
  for (;;) {
    const frame = await video.next();
    assert.ok(frame !== undefined, `${path} ended`);
    groups.set(frame.group, [...groups.get(frame.group) ?? [], frame.object]);
    const whole = [...groups.keys()].filter((group) => isWhole(groups.get(group)!)).sort((a, b) =>
      a - b
    );
    const last = whole[WATCHED_GROUPS - 1];
    if (last === undefined || !groups.has(last + 2)) continue;
    await video.stop();
    return new Map([...groups].filter(([group]) => group <= last));
  }
}

/** The library says with one more object when the last frame ends. */
function isWhole(objects: readonly number[]): boolean {
  return objects.length >= FRAMES_PER_GROUP && isFromStart(objects);
}

function isFromStart(objects: readonly number[]): boolean {
  return objects.every((object, at) => object === at);
}
