/** The traffic of moq-test-00 through the relay, compared byte by byte with what was published. */
import { Deadline } from "../support/deadline.ts";
import { playScenario } from "../support/moq_test/play.ts";
import { TestPublisher } from "../support/moq_test/publisher.ts";
import { type Scenario, scenarios } from "../support/moq_test/scenarios.ts";
import { type RelayProcess, startRelay } from "../support/processes/relay_process.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";

Deno.test("The relay passes on the traffic of moq-test-00", async (t) => {
  await using relay = await startRelay();
  const publisherPeer = await ScriptedPeer.dial(relay);
  const publisher = new TestPublisher(publisherPeer, scenarios.map(({ track }) => track));
  await publisher.announce();
  for (const scenario of scenarios) {
    await t.step({
      name: scenario.name,
      fn: () => play(relay, publisher, scenario),
      // The relay and the publisher outlive the step.
      sanitizeOps: false,
      sanitizeResources: false,
    });
  }
  publisherPeer.close();
});

async function play(relay: RelayProcess, publisher: TestPublisher, scenario: Scenario) {
  using deadline = new Deadline();
  const subscriber = await deadline.for("a connection", ScriptedPeer.dial(relay));
  try {
    await playScenario(scenario, publisher, subscriber, deadline);
  } catch (cause) {
    throw new Error(`${cause}\nThe relay's log:\n${relay.log()}`, { cause });
  } finally {
    subscriber.close();
  }
}
