import { REFUSAL_DELAY_MS } from "../../relay/session/limits.ts";
import { done } from "@qumo/shared/runtime";
import { liteVersions } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Gate, Permit, Rights } from "../../relay/session/rights.ts";
import { plainGate, type PlainGateOptions, plainPath } from "../support/worlds/plain_tokens.ts";
import { RELAY_HOP, SessionWorld } from "../support/worlds/session_world.ts";
import { LiteWorld, NAME, PATH, routeOf } from "./lite_script.ts";

const ALL = { root: "", put: "", get: "" };

for (const version of liteVersions) {
  const guarded = (options: PlainGateOptions = {}) =>
    new LiteWorld(version, new SessionWorld({ gate: (clock) => plainGate(clock, options) }));
  const comeWith = (lite: LiteWorld, claims: object, path = "") =>
    lite.peer({}, { webTransport: plainPath(path, claims) });
  const unauthorized = version.sessionCodes.unauthorized;

  Deno.test(`${version.protocol}: a session without a good token in its path is closed`, async () => {
    await using lite = guarded();
    for (const claims of [{ ...ALL, exp: 0 }, {}, { root: "other", get: "" }]) {
      const peer = await comeWith(lite, claims, "/demo");
      await lite.advance(REFUSAL_DELAY_MS - 1);
      // Browsers open their first streams meanwhile.
      await lite.stillPending(peer.connection.closed);
      await lite.advance(1);
      assert.equal((await peer.connection.closed).code, unauthorized);
    }
    assert.equal((await (await lite.peer()).connection.closed).code, unauthorized);
  });

  Deno.test(`${version.protocol}: a session ends when its token expires`, async () => {
    await using lite = guarded();
    const peer = await comeWith(lite, { ...ALL, exp: 60 });
    await lite.advance(59_999);
    await lite.stillPending(peer.connection.closed);
    await lite.advance(1);
    const { code, reason } = await peer.connection.closed;
    assert.equal(code, unauthorized);
    assert.match(reason, /has expired/);
  });

  Deno.test(`${version.protocol}: what a peer may not see is not announced to it`, async () => {
    await using lite = guarded();
    const publisher = await comeWith(lite, { put: ["live", "acme"] });
    await publisher.announce({ [PATH]: [], "acme/one": [], "other/x": [] }, 7n);
    await lite.settle();
    const viewer = await comeWith(lite, { get: "acme" });
    const announced = await viewer.announcements();
    await lite.settle();
    const event = await announced.next();
    assert.ok(typeof event === "object");
    assert.equal(event.suffix, "acme/one");
    await lite.stillPending(announced.next());
  });

  Deno.test(`${version.protocol}: routes that come and go leave one right behind for each broadcast`, async () => {
    const held = new Set<Permit>();
    await using lite = new LiteWorld(version, new SessionWorld({ gate: () => countingGate(held) }));
    const publisher = await lite.peer();
    const said = await publisher.announce({ [PATH]: [] }, 7n);
    for (let time = 0; time < 5; time++) {
      await said.update(PATH, [RELAY_HOP]);
      await said.update(PATH, []);
    }
    await lite.settle();
    assert.equal(held.size, 1);
    await said.update(PATH, [RELAY_HOP]);
    await lite.settle();
    assert.equal(held.size, version.number === 3 ? 1 : 0);
  });

  for (const isRelay of [false, true]) {
    const believed = isRelay ? "believed of a relay" : "not believed of a client";
    Deno.test(`${version.protocol}: by which relays a broadcast came is ${believed}`, async () => {
      await using lite = guarded();
      const publisher = await comeWith(lite, { ...ALL, cluster: isRelay });
      await publisher.announce({ [PATH]: [5n] }, 7n);
      await lite.settle();
      const [, , hops] = await routeOf(await (await comeWith(lite, ALL)).announcements());
      // 03 counts hops and does not name them.
      assert.equal(hops.includes(5n), isRelay && version.number > 3, hops.join());
    });
  }

  Deno.test(`${version.protocol}: what a peer may no longer see ends for it with its next change`, async () => {
    await using lite = guarded();
    // Of a client without it a changed route would not count.
    const publisher = await comeWith(lite, { ...ALL, cluster: true });
    const said = await publisher.announce({ [PATH]: [] }, 7n);
    await lite.settle();
    const first = plainPath("", { get: PATH, exp: 5 });
    const webTransport = `${first}&${plainPath("", { get: "acme" }).slice(1)}`;
    const viewer = await lite.peer({}, { webTransport });
    const announced = await viewer.announcements();
    await routeOf(announced);
    await lite.advance(5_000);
    await said.update(PATH, [9n]);
    await lite.settle();
    const event = await announced.next();
    assert.deepEqual(typeof event === "object" && event.kind, "end");
  });

  Deno.test(`${version.protocol}: a subscription is cut with its token, and the session stays for what is public`, async () => {
    await using lite = guarded({ public: { subscribe: ["open"] } });
    const publisher = await comeWith(lite, ALL);
    await publisher.announce({ [PATH]: [] }, 7n);
    await lite.settle();
    const viewer = await comeWith(lite, { get: "live", exp: 30 });
    const watching = await viewer.subscribe(1n, NAME);
    await lite.feedOf(publisher);
    await lite.advance(30_000);
    let reply;
    do reply = await watching.next(version.messages.subscribeReply); while (
      typeof reply === "object"
    );
    await lite.stillPending(viewer.connection.closed);
  });
}

/** Allows everything, and counts the permits that are watched. */
function countingGate(held: Set<Permit>): Gate {
  const permit = (): Permit => {
    const one: Permit = {
      shows: () => true,
      offers: permit,
      onLost: () => void held.add(one),
      onChange: () => {},
      renew: () => Promise.resolve(done(undefined)),
      release: () => void held.delete(one),
    };
    return one;
  };
  const rights: Rights = {
    isRelay: false,
    renew: () => Promise.resolve(done(undefined)),
    holder: {},
    measured: (metrics) => metrics,
    limitsOf: (configured) => configured,
    authorize: () => Promise.resolve(done(permit())),
    onLost: () => {},
    close: () => {},
  };
  return { admit: () => Promise.resolve(done(rights)) };
}
