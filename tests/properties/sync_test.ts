import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty, seeds } from "../support/properties.ts";
import type { RelayState, TrackState, Version } from "../../sdn/registry/mod.ts";
import { fromWire, mergeRelay, stateHash, toWire, wireStateSchema } from "../../sdn/sync/mod.ts";
import { simulate } from "../support/worlds/sync_simulation.ts";

const ALL = { version: true };

const check = <T>(property: fc.IProperty<T>) => checkProperty(property, { numRuns: 1000 });

const life = fc.record({ epoch: fc.nat(1), number: fc.nat(1) });
const place = fc.record({ seq: fc.nat(2), by: fc.constantFrom("", "c1", "c2") });
const track = fc.record({ place, present: fc.boolean(), registeredAt: fc.nat(3) });
const state: fc.Arbitrary<RelayState> = fc.record({
  life,
  beat: fc.nat(3),
  alive: fc.option(
    fc.record({
      place,
      ownEpoch: fc.option(fc.nat(1), { nil: undefined }),
      region: fc.constantFrom("eu", "us"),
      cost: fc.nat(1),
      build: fc.option(fc.constantFrom("1.0.0", "1.1.0"), { nil: undefined }),
      cpu: fc.option(fc.constantFrom(0, 0.5), { nil: undefined }),
      drain: fc.option(fc.record({ place, on: fc.boolean() }), { nil: undefined }),
      tracks: fc.dictionary(fc.constantFrom("x", "y"), track),
    }),
    { freq: 6, nil: undefined },
  ),
}).map(({ life: { epoch, number }, beat, alive }) => {
  const life = { epoch, number };
  const at = (given: { seq: number; by: string }): Version => ({ ...life, ...given });
  if (alive === undefined) return { name: "a", life, beat };
  const tracks = Object.entries(alive.tracks).map(([name, { place, present, registeredAt }]) =>
    [name, {
      version: at(place),
      present,
      registeredAt: present ? registeredAt : 0,
    }] as [string, TrackState]
  );
  return {
    name: "a",
    life,
    beat,
    alive: {
      record: {
        name: "a",
        version: at(alive.place),
        ...(alive.ownEpoch !== undefined && { ownEpoch: alive.ownEpoch }),
        registered: true,
        region: alive.region,
        address: "",
        certificateSha256: "",
        ...(alive.cost % 2 === 1 && { host: "machine" }),
        ...(alive.build !== undefined && { build: alive.build }),
        links: new Map([["b", { cost: alive.cost, up: true }]]),
        ...(alive.cpu !== undefined && { load: { cpu: alive.cpu } }),
        draining: false,
      },
      ...(alive.drain && { drain: { version: at(alive.drain.place), on: alive.drain.on } }),
      tracks: new Map(tracks),
    },
  };
});

Deno.test("merge is commutative", () => {
  check(fc.property(state, state, (a, b) => {
    assert.deepEqual(mergeRelay(a, b), mergeRelay(b, a));
  }));
});

Deno.test("merge is associative", () => {
  check(fc.property(state, state, state, (a, b, c) => {
    assert.deepEqual(mergeRelay(mergeRelay(a, b), c), mergeRelay(a, mergeRelay(b, c)));
  }));
});

Deno.test("merge is idempotent, and gives nothing back but what one side said", () => {
  check(fc.property(state, state, (a, b) => {
    assert.deepEqual(mergeRelay(a, a), a);
    const merged = mergeRelay(a, b);
    assert.deepEqual(mergeRelay(merged, a), merged);
    assert.deepEqual(mergeRelay(merged, b), merged);
    const record = merged.alive?.record;
    assert.ok(record === undefined || record === a.alive?.record || record === b.alive?.record);
  }));
});

Deno.test("a state survives the way to another controller, whatever its clock reads", () => {
  const clock = fc.integer({ min: 3, max: 1000 });
  check(fc.property(state, clock, clock, (given, here, there) => {
    const sent = JSON.stringify(toWire({ state: given, remaining: 50 }, here, ALL));
    const back = fromWire(wireStateSchema.parse(JSON.parse(sent)), there);
    assert.equal(back.remaining, 50);
    assert.equal(stateHash(back.state), stateHash(given));
    const again = toWire(back, there, ALL);
    assert.equal(JSON.stringify(again), sent);
    const older = toWire({ state: given, remaining: 50 }, here, { version: false });
    assert.equal(older.alive?.build, undefined);
    const { state: passedOn } = fromWire(older, there);
    assert.equal(
      stateHash(passedOn),
      stateHash(given),
      "what an older peer lacks is no difference",
    );
    assert.deepEqual(mergeRelay(passedOn, given).alive?.record, given.alive?.record);
  }));
});

Deno.test("controllers agree, and know what is true, after the last fault", async () => {
  for (const seed of seeds(300)) {
    try {
      await simulate(seed);
    } catch (error) {
      throw new Error(`The simulation fails with seed ${seed}`, { cause: error });
    }
  }
});

Deno.test("so do they with a hundred relays, which all beat at once now and then", async () => {
  for (const seed of seeds(2)) await simulate(seed, 100);
});
