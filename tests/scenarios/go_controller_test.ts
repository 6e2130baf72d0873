/** A relay at a controller of the Go program, which came before this one. */
import assert from "node:assert/strict";
import { scenario } from "../support/worlds/control_plane_world.ts";
import { goController } from "../support/processes/go_controller.ts";

const GO = "http://go.test";

scenario(
  "a relay at the Go program's controller is registered with its announces, and leaves with them",
  async (world) => {
    const go = goController(() => world.clock.now());
    const fetch: typeof globalThis.fetch = (input, init) => go.answer(new Request(input, init));
    const { plane, lines } = world.relay({
      name: "tokyo",
      urls: [GO],
      neighbors: new Map([["london", 250]]),
    }, { fetch });
    plane.announced("live/concert");
    plane.announced("live/caf\u00e9");
    plane.start();
    await world.settle();
    assert.deepEqual(go.relays(), ["tokyo"]);
    assert.deepEqual(go.announces(), ["tokyo /live/caf\u00e9", "tokyo /live/concert"]);
    plane.withdrawn("live/caf\u00e9");
    await world.settle();
    assert.deepEqual(go.announces(), ["tokyo /live/concert"]);
    // It forgets each after 90 seconds.
    await world.pass(300_000);
    assert.deepEqual(go.announces(), ["tokyo /live/concert"]);
    const { isOutdated, isStale, problem } = plane.status;
    assert.deepEqual([isOutdated, isStale, problem], [true, false, undefined]);
    const warnings = lines.map(({ text }) => text).filter((text) => text.startsWith("warn"));
    assert.equal(warnings.filter((text) => text.includes("older than this relay")).length, 1);
    assert.ok(warnings.length <= 2, warnings.join("\n"));
    await plane.deregister();
    assert.deepEqual([go.relays(), go.announces()], [[], []]);
  },
);

scenario(
  "a relay is not held back by a controller that was older, once it is replaced",
  async (world) => {
    const site = world.site(GO);
    const go = goController(() => world.clock.now());
    let isGo = true;
    const fetch: typeof globalThis.fetch = (input, init) =>
      isGo ? go.answer(new Request(input, init)) : world.fetch(input, init);
    const { plane } = world.relay({ name: "tokyo", urls: [GO] }, { fetch });
    plane.start();
    await world.settle();
    assert.equal(plane.status.isOutdated, true);
    isGo = false;
    await site.start();
    await world.pass(60_000);
    const { isOutdated, isStale, problem } = plane.status;
    assert.deepEqual([isOutdated, isStale, problem], [false, false, undefined]);
  },
);

scenario(
  "relays at the Go program's controller know each other, tracks and routes",
  async (world) => {
    const go = goController(() => world.clock.now());
    const fetch: typeof globalThis.fetch = (input, init) => go.answer(new Request(input, init));
    const neighbors = new Map([["london", 250]]);
    const tokyo = world.relay({ name: "tokyo", urls: [GO], neighbors }, { fetch });
    const london = world.relay({ name: "london", urls: [GO] }, { fetch });
    london.plane.announced("live/concert");
    tokyo.plane.start();
    london.plane.start();
    await world.pass(10_000);
    const { mirror } = tokyo.plane;
    assert.deepEqual([...mirror.announcesOf("london")], ["live/concert"]);
    assert.equal(mirror.relay("london")?.address, "moqt://london:4433");
    assert.equal(mirror.nextHop("london")?.nextHop, "london");
    // Such a controller may have begun anew: who is missing is believed for a while.
    await london.plane.deregister();
    await world.pass(10_000);
    assert.deepEqual([...mirror.announcesOf("london")], ["live/concert"]);
    await world.pass(60_000);
    assert.deepEqual([...mirror.announcesOf("london")], []);
    assert.equal(mirror.relay("london"), undefined);
  },
);

scenario(
  "what an older controller is not told or asked for is said once, with how much it is",
  async (world) => {
    const go = goController(() => world.clock.now());
    const fetch: typeof globalThis.fetch = (input, init) => go.answer(new Request(input, init));
    const { plane, lines } = world.relay({ name: "tokyo", urls: [GO] }, { fetch });
    for (let at = 0; at < 1_003; at++) plane.announced(`live/${at}`);
    for (let at = 0; at < 70; at++) {
      const announce = new Request(`${GO}/announce/r${at}/live/far`, { method: "PUT" });
      await go.answer(announce);
    }
    plane.start();
    await world.pass(20_000);
    const said = lines.filter(({ text }) => text.startsWith("warn: an older controller"));
    assert.deepEqual(said.map(({ fields }) => fields).sort((a) => "told" in a ? -1 : 1), [
      { controller: GO, told: 1_000, untold: 3 },
      { controller: GO, asked: 64, left_out: 6 },
    ]);
    await plane.deregister();
  },
);
