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
      const published = Promise.withResolvers<void>();
      const asked = () => void publish().then(published.resolve, published.reject);
      const problems = await subscribeTracks(subscriber, scenario, asked, start, deadline);
      await deadline.for("the publisher to be done", published.promise);
      return problems;
    }
    case "publish_first": {
      const published = publish();
      const problems = await subscribeTracks(subscriber, scenario, () => {}, start, deadline);
      await deadline.for("the publisher to be done", published);
      return problems;
    }
  }
}
