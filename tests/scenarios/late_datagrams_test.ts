import assert from "node:assert/strict";
import { draftTest } from "../support/draft_test_case.ts";
import { SessionWorld } from "../support/worlds/session_world.ts";
import { datagram, publishDone, watch } from "./script.ts";

draftTest(
  "datagrams that PUBLISH_DONE overtook are still passed on, then the track ends",
  async () => {
    await using world = new SessionWorld();
    const { publisher, subscriber, upstream, downstream } = await watch(world);
    publisher.sendDatagram(datagram(publisher, { object: 0 }));
    await subscriber.nextDatagram();
    await publishDone(upstream, "track_ended", 0);
    await world.settle();
    publisher.sendDatagram(datagram(publisher, { object: 1, text: "late" }));
    const late = await subscriber.nextDatagram();
    assert.match(new TextDecoder().decode(late), /late$/);
    await world.stillPending(downstream.expect("publishDone"), "PUBLISH_DONE");
    await world.advance(200);
  },
);
