import type { Deadline } from "../deadline.ts";
import type { ScriptedPeer } from "../peers/scripted_peer.ts";
import type { TestPublisher } from "./publisher.ts";
import type { Scenario } from "./scenarios.ts";
import { fetchFrom, subscribeTo, subscribeTracks } from "./subscriber.ts";
import type { TestTrack } from "./track.ts";

/** Who takes part in a scenario. */
export interface Cast {
  readonly publisher: TestPublisher;
  readonly subscriber: ScriptedPeer;
}

/**
 * Plays a scenario and returns what was wrong with what came, a sentence for each thing. What was
 * subscribed to is also fetched, while the track is still alive.
 */
export async function playScenario(
  scenario: Scenario,
  { publisher, subscriber }: Cast,
  deadline: Deadline,
): Promise<string[]> {
  const { track } = scenario;
  const accepted = () => publisher.start(track);
  const complete = async () => {
    const { fetches } = publisher;
    const problems = await fetchFrom(subscriber, scenario, deadline);
    // The relay has what it passed on.
    if (isWithoutGaps(track) && publisher.fetches > fetches) {
      problems.push("the publisher was asked for what had passed");
    }
    publisher.end(track);
    return problems;
  };
  const tracksWith = async (asked: () => void, published: Promise<void>) => {
    const events = { asked, accepted, complete };
    const subscribed = subscribeTracks(subscriber, scenario, events, deadline);
    return (await deadline.for("both to be done", Promise.all([subscribed, published])))[0];
  };
  switch (scenario.request) {
    case "subscribe":
      return await subscribeTo(subscriber, scenario, { accepted, complete }, deadline);
    case "fetch":
      return await fetchFrom(subscriber, scenario, deadline);
    case "publish": {
      const asked = Promise.withResolvers<void>();
      return await tracksWith(asked.resolve, asked.promise.then(() => publisher.publish(track)));
    }
    case "publish_first":
      return await tracksWith(() => {}, publisher.publish(track));
  }
}

/** Nobody but the publisher knows whether there is anything in a gap. */
function isWithoutGaps({ startGroup, startObject, groupIncrement, objectIncrement }: TestTrack) {
  return startGroup === 0 && startObject === 0 && groupIncrement === 1 && objectIncrement === 1;
}
