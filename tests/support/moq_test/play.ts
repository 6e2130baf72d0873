import assert from "node:assert/strict";
import type { Deadline } from "../deadline.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import { publishDone } from "../peers/scripted_requests.ts";
import type { Delivery, TestPublisher } from "./publisher.ts";
import type { Scenario } from "./scenarios.ts";
import {
  acceptPublish,
  fetchTrack,
  readTrack,
  type Reception,
  subscribeTo,
  subscribeTracks,
} from "./subscriber.ts";
import type { TestTrack } from "./track.ts";

/** Who takes part in a scenario. */
export interface Cast {
  readonly publisher: TestPublisher;
  readonly subscriber: ScriptedPeer;
}

/** Plays a scenario. What was subscribed to is also fetched, while the track is still alive. */
export async function playScenario(
  scenario: Scenario,
  cast: Cast,
  deadline: Deadline,
): Promise<void> {
  const { publisher, subscriber } = cast;
  const { track } = scenario;
  const fetched = () => deadline.for("the fetch", fetchTrack(subscriber, scenario));
  if (scenario.request === "fetch") return await fetched();
  const both = await deadline.for("both to agree", agree(scenario, cast));
  const { outgoing, incoming: { request, alias } } = both;
  const all = Promise.all([publisher.send(outgoing), readTrack(subscriber, track, alias)]);
  const [sent, received] = await deadline.for("the objects", all);

  const { fetches } = publisher;
  await fetched();
  if (isWithoutGaps(track)) {
    assert.equal(publisher.fetches, fetches, "the publisher was asked for what had passed");
  }
  await publishDone(outgoing.request, "track_ended", sent);
  const done = await deadline.for("PUBLISH_DONE", request.expect("publishDone"));
  assert.deepEqual([done.code, done.streamCount], ["track_ended", received]);
  await request.finish();
}

/** Brings a track from the publisher to the subscriber, the way that the scenario says. */
async function agree(
  scenario: Scenario,
  { publisher, subscriber }: Cast,
): Promise<{ readonly outgoing: Delivery; readonly incoming: Reception }> {
  const { request, track } = scenario;
  if (request === "subscribe") {
    const incoming = await subscribeTo(subscriber, scenario);
    return { incoming, outgoing: await publisher.subscribed() };
  }
  const early = request === "publish_first" ? await publisher.offer(track) : undefined;
  await subscribeTracks(subscriber, track);
  const outgoing = early ?? await publisher.offer(track);
  const incoming = await acceptPublish(subscriber, track);
  await publisher.wanted(outgoing);
  return { incoming, outgoing };
}

/** Nobody but the publisher knows whether there is anything in a gap. */
function isWithoutGaps({ startGroup, startObject, groupIncrement, objectIncrement }: TestTrack) {
  return startGroup === 0 && startObject === 0 && groupIncrement === 1 && objectIncrement === 1;
}
