/** The two ends of moq-test-00 talk to each other without a relay, so that what fails later is not they. */
import assert from "node:assert/strict";
import { Deadline } from "../deadline.ts";
import { memoryPair } from "../transport/memory_connection.ts";
import { ScriptedPeer } from "../peers/scripted_peer.ts";
import { playScenario } from "./play.ts";
import { TestPublisher } from "./publisher.ts";
import { scenarios } from "./scenarios.ts";

Deno.test("TestPublisher and the subscriber agree on every scenario", async () => {
  using deadline = new Deadline();
  const [client, server] = memoryPair();
  const publisherPeer = await ScriptedPeer.connect(client);
  const subscriber = await ScriptedPeer.connect(server, { role: "server" });
  const announced = TestPublisher.announce(publisherPeer);
  const announcement = await deadline.for("an announcement", subscriber.acceptRequest());
  await announcement.expect("publishNamespace");
  await announcement.sendOk();
  const publisher = await deadline.for("REQUEST_OK", announced);
  for (const scenario of scenarios) {
    if (scenario.request.startsWith("publish")) continue; // needs a relay in between
    const cast = { publisher, subscriber, cached: false };
    const problems = await playScenario(scenario, cast, deadline);
    assert.deepEqual(problems, [], scenario.name);
  }
  publisherPeer.close();
  subscriber.close();
});
