import type { Deadline } from "../deadline.ts";
import type { WirePeer } from "../wire_peer.ts";
import type { TestPublisher } from "./publisher.ts";
import type { Scenario } from "./scenarios.ts";
import { fetchFrom, subscribeTo, subscribeTracks } from "./subscriber.ts";

/** Plays a scenario and returns what was wrong with what came, a sentence for each thing. */
export async function playScenario(
  scenario: Scenario,
  publisher: TestPublisher,
  subscriber: WirePeer,
  deadline: Deadline,
): Promise<string[]> {
  const start = () => publisher.start(scenario.track);
  const publish = () => publisher.publish(scenario.track);
  switch (scenario.request) {
    case "subscribe":
      return await subscribeTo(subscriber, scenario, start, deadline);
    case "fetch":
      return await fetchFrom(subscriber, scenario, deadline);
    case "publish": {
      const asked = Promise.withResolvers<void>();
      const published = asked.promise.then(publish);
      const subscribed = subscribeTracks(subscriber, scenario, asked.resolve, start, deadline);
      return (await deadline.for("both to be done", Promise.all([subscribed, published])))[0];
    }
    case "publish_first": {
      const published = publish();
      const subscribed = subscribeTracks(subscriber, scenario, () => {}, start, deadline);
      return (await deadline.for("both to be done", Promise.all([subscribed, published])))[0];
    }
  }
}
