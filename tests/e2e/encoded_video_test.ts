/** What an encoder makes, published by moq-dev's Rust library, for viewers who come in the middle of it. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { connectChromium } from "../peers/browser_peer.ts";
import { startTestPicture } from "../peers/ffmpeg.ts";
import { connectMoqRs, type MoqRsPeer } from "../peers/moq_rs.ts";
import { pythonMissing } from "../peers/python.ts";
import { programMissing } from "../support/optional_test_case.ts";
import type { Peer } from "../support/peers/peer.ts";
import { relayChromiumTest, type RelayTest } from "../support/processes/relay_test_case.ts";
import { startRelay } from "../support/processes/relay_process.ts";

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
    await joinLate(test, () => connectChromium(browser, test.relay));
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
    await joinLate(test, () => connectChromium(browser, edge));
    assert.doesNotMatch(edge.log(), /malformed/);
  },
  { missing },
);

async function joinLate(test: RelayTest, connect: () => Promise<Peer>): Promise<void> {
  const { relay, deadline, join } = test;
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
  assert.deepEqual(watched.filter((fault) => fault !== undefined), []);
  assert.doesNotMatch(relay.log(), /malformed/);
  picture.stop();
  await published;
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

/** Watches the video as its catalog names it. Says what was missing, if anything was. */
async function watch(viewer: Peer, path: string): Promise<string | undefined> {
  const catalog = await viewer.watch(path, "catalog.json");
  const found = await catalog.next();
  const text = new TextDecoder().decode(found?.payload);
  const [track] = Object.keys(JSON.parse(text.slice(text.indexOf("{"))).video.renditions);
  const video = await viewer.watch(path, track!);
  const frames = new Map<number, number[]>();
  while (frames.size < WATCHED_GROUPS + 2) {
    const frame = await video.next();
    if (frame === undefined) return `${path} ended`;
    frames.set(frame.group, [...frames.get(frame.group) ?? [], frame.object]);
  }
  await video.stop();
  const groups = [...frames.keys()].slice(0, WATCHED_GROUPS);
  // The library says with one more object when the last frame ends.
  const isWhole = groups.every((group) => {
    const objects = frames.get(group)!;
    return objects.length >= FRAMES_PER_GROUP && objects.every((object, at) => object === at);
  });
  return isWhole ? undefined : `${path}: ${JSON.stringify([...frames])}`;
}
