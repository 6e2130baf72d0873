/** What a controller revokes while the relay runs, in moq-lite. */
import { REFUSAL_DELAY_MS } from "../../relay/session/limits.ts";
import { liteVersions } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { plainPath } from "../support/worlds/plain_tokens.ts";
import { SteeredWorld } from "../support/worlds/steered_world.ts";
import { LiteWorld, NAME, PATH, routeOf } from "./lite_script.ts";

const ALL = { root: "", put: "", get: "" };

for (const version of liteVersions) {
  const comeWith = (lite: LiteWorld, claims: object) =>
    lite.peer({}, { webTransport: plainPath("", claims) });

  Deno.test(`${version.protocol}: a publisher and a viewer are closed when their tokens are revoked`, async () => {
    const world = new SteeredWorld();
    await using lite = new LiteWorld(version, world);
    const publisher = await comeWith(lite, { ...ALL, jti: "p" });
    await publisher.announce({ [PATH]: [] }, 7n);
    await lite.settle();
    const viewer = await comeWith(lite, { ...ALL, jti: "v" });
    await viewer.subscribe(1n, NAME);
    await lite.feedOf(publisher);
    const canary = await comeWith(lite, { ...ALL, jti: "c" });
    for (const [jti, peer] of [["v", viewer], ["p", publisher]] as const) {
      world.revoke("token", jti);
      const { code, reason } = await peer.connection.closed;
      assert.equal(code, version.sessionCodes.unauthorized);
      assert.match(reason, /is revoked/);
      const again = await comeWith(lite, { ...ALL, jti });
      await lite.advance(REFUSAL_DELAY_MS);
      assert.equal((await again.connection.closed).code, version.sessionCodes.unauthorized);
    }
    await lite.stillPending(canary.connection.closed);
  });

  Deno.test(`${version.protocol}: what is under a revoked namespace ends, also for who needs no token`, async () => {
    const world = new SteeredWorld({ isOpen: true });
    await using lite = new LiteWorld(version, world);
    const publisher = await lite.peer();
    await publisher.announce({ [PATH]: [], "other/x": [] }, 7n);
    await lite.settle();
    const viewer = await lite.peer();
    const announced = await viewer.announcements();
    const watching = await viewer.subscribe(1n, NAME);
    await lite.feedOf(publisher);
    await routeOf(announced);
    await routeOf(announced);
    world.revoke("namespace", PATH);
    let reply;
    do reply = await watching.next(version.messages.subscribeReply); while (
      typeof reply === "object"
    );
    const event = await announced.next();
    assert.deepEqual(typeof event === "object" && event.kind, "end");
    await lite.stillPending(viewer.connection.closed);
    await lite.stillPending(publisher.connection.closed);
  });

  Deno.test(`${version.protocol}: a kicked session is closed without an error`, async () => {
    const world = new SteeredWorld({ isOpen: true });
    await using lite = new LiteWorld(version, world);
    world.steering.follow("tokyo");
    world.steering.ready();
    const peer = await lite.peer();
    world.kick("session", "tokyo/1");
    assert.equal((await peer.connection.closed).code, version.sessionCodes.no_error);
  });
}
