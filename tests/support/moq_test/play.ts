import assert from "node:assert/strict";
import type { Deadline } from "../deadline.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import { publishDone } from "../peers/scripted_requests.ts";
import type { Agreed, TestPublisher } from "./publisher.ts";
import type { Scenario } from "./scenarios.ts";
import {
  acceptPublish,
  fetchTrack,
  readTrack,
  subscribeTo,
  subscribeTracks,
} from "./subscriber.ts";
import type { TestTrack } from "./track.ts";

/** Plays a scenario. What was subscribed to is also fetched, while the track is still alive. */
export async function playScenario(
  scenario: Scenario,
  publisher: TestPublisher,
  subscriber: ScriptedPeer,
  deadline: Deadline,
): Promise<void> {
  const { track } = scenario;
  const fetched = () => deadline.for("the fetch", fetchTrack(subscriber, scenario));
  if (scenario.request === "fetch") return await fetched();
  const agreeing = agree(scenario, publisher, subscriber);
  const [outgoing, incoming] = await deadline.for("both to agree", agreeing);
  const all = Promise.all([
    publisher.send(track, outgoing),
    readTrack(subscriber, track, incoming),
  ]);
  const [sent, received] = await deadline.for("the objects", all);

  const { fetches } = publisher;
  await fetched();
  if (isWithoutGaps(track)) {
    assert.equal(publisher.fetches, fetches, "the publisher was asked for what had passed");
  }
  await publishDone(outgoing.request, "track_ended", sent);
  const done = await deadline.for("PUBLISH_DONE", incoming.request.expect("publishDone"));
  assert.deepEqual([done.code, done.streamCount], ["track_ended", received]);
  await incoming.request.finish();
}

/** Brings a track from the publisher to the subscriber, the way that the scenario says. */
async function agree(
  scenario: Scenario,
  publisher: TestPublisher,
  subscriber: ScriptedPeer,
): Promise<[outgoing: Agreed, incoming: Agreed]> {
  const { request, track } = scenario;
  if (request === "subscribe") {
    const incoming = await subscribeTo(subscriber, scenario);
    return [(await publisher.subscriptions.next())!, incoming];
  }
  const early = request === "publish_first" ? await publisher.offer(track) : undefined;
  await subscribeTracks(subscriber, track);
  const outgoing = early ?? await publisher.offer(track);
  const incoming = await acceptPublish(subscriber, track);
  await publisher.wanted(outgoing);
  return [outgoing, incoming];
}

/** Nobody but the publisher knows whether there is anything in a gap. */
function isWithoutGaps({ startGroup, startObject, groupIncrement, objectIncrement }: TestTrack) {
  return startGroup === 0 && startObject === 0 && groupIncrement === 1 && objectIncrement === 1;
}
