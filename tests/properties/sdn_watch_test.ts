import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { eventsOf } from "../support/worlds/watch_events.ts";
import { testController } from "../support/worlds/sdn_controller.ts";

const name = fc.constantFrom("a", "b", "c");
const track = fc.constantFrom("x", "y/z");
const flow = fc.record({ track, next_hop: name, source: name });
const flows = fc.uniqueArray(flow, { maxLength: 3, selector: (one) => JSON.stringify(one) });
const step = fc.oneof(
  fc.record({
    kind: fc.constant("register" as const),
    name,
    links: fc.dictionary(name, fc.record({ cost: fc.nat(3), up: fc.boolean() })),
    announces: fc.option(fc.uniqueArray(track), { nil: undefined }),
    flows: fc.option(flows, { nil: undefined }),
  }),
  fc.record({ kind: fc.constant("deregister" as const), name }),
  fc.record({ kind: fc.constant("drain" as const), name, on: fc.boolean() }),
  fc.record({ kind: fc.constant("announce" as const), name, track }),
  fc.record({ kind: fc.constant("withdraw" as const), name, track }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(60_000) }),
);

type Subject = Awaited<ReturnType<typeof testController>>;
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function take({ ask, clock }: Subject, one: Step): Promise<void> {
  switch (one.kind) {
    case "register":
      await ask("PUT", `/relay/${one.name}`, {
        links: one.links,
        announces: one.announces,
        flows: one.flows,
      });
      break;
    case "deregister":
      await ask("DELETE", `/relay/${one.name}`);
      break;
    case "drain":
      await ask("POST", `/relay/${one.name}/${one.on ? "drain" : "undrain"}`);
      break;
    case "announce":
      await ask("PUT", `/announce/${one.track}`, { relay: one.name });
      break;
    case "withdraw":
      await ask("DELETE", `/announce/${one.track}?relay=${one.name}`);
      break;
    case "wait":
      await clock.advance(one.ms);
      break;
  }
}

/** What a client knows that heard nothing but events. */
const PRESENT = new Set(["registered", "draining", "unreachable"]);

/** Whom others reach is for the graph to say: an event about a relay says only what is its own. */
function stateOf({ state }: { state: string }): string {
  return state === "unreachable" ? "registered" : state;
}

class Mirror {
  readonly relays = new Map<string, string>();
  readonly announces = new Set<string>();
  readonly routes = new Map<string, unknown>();
  readonly flows = new Map<string, unknown[]>();

  // deno-lint-ignore no-explicit-any -- every event says something else
  hear(event: string, data: any): void {
    switch (event) {
      case "graph":
        for (const node of data.nodes) {
          if (PRESENT.has(node.state)) this.relays.set(node.id, stateOf(node));
        }
        break;
      case "announces":
        for (const { relay, track } of data.entries) this.announces.add(`${relay} ${track}`);
        break;
      case "relay":
        this.relays.set(data.relay, stateOf(data));
        break;
      case "gone":
        this.relays.delete(data.relay);
        this.flows.delete(data.relay);
        for (const one of this.announces) {
          if (one.startsWith(`${data.relay} `)) this.announces.delete(one);
        }
        break;
      case "announce":
        this.announces.add(`${data.relay} ${data.track}`);
        break;
      case "withdraw":
        this.announces.delete(`${data.relay} ${data.track}`);
        break;
      case "flows":
        this.flows.set(data.relay, data.flows);
        break;
      case "routes":
        for (const target of data.removed) this.routes.delete(target);
        for (const [target, line] of Object.entries(data.routes)) this.routes.set(target, line);
        break;
    }
  }
}

Deno.test("whoever follows the events knows what the controller would answer", async () => {
  const script = fc.tuple(fc.array(step, { maxLength: 15 }), fc.array(step, { maxLength: 25 }));
  await checkProperty(
    fc.asyncProperty(script, async ([before, after]) => {
      const subject = await testController();
      for (const one of before) await take(subject, one);
      const scope = { graph: true, announces: true, flows: true, access: false, routes: ["a"] };
      const events = eventsOf(subject.controller.watching, { scope });
      const mirror = new Mirror();
      let last = 0;
      const following = (async () => {
        for await (const { id, event, data } of events) {
          assert.ok(id === undefined || id >= last);
          last = id ?? last;
          mirror.hear(event, JSON.parse(data));
        }
      })();
      for (const one of after) await take(subject, one);
      await subject.clock.advance(0);
      await check(subject, mirror);
      await subject.controller.close();
      await following;
      assert.equal(subject.clock.pending, 0);
    }),
    { numRuns: 150 },
  );
});

async function check({ ask }: Subject, mirror: Mirror): Promise<void> {
  const { relays } = (await ask("GET", "/relay")).body;
  assert.deepEqual(
    mirror.relays,
    new Map(relays.map((one: { relay: string; state: string }) => [one.relay, stateOf(one)])),
  );
  const { entries } = (await ask("GET", "/announce")).body;
  const listed = entries.map((one: { relay: string; track: string }) =>
    `${one.relay} ${one.track}`
  );
  assert.deepEqual(mirror.announces, new Set(listed));
  const flowing = [...mirror.flows].flatMap(([relay, own]) =>
    own.map((flow) => JSON.stringify({ relay, ...flow as object }))
  );
  const shown = (await ask("GET", "/flows")).body.flows;
  assert.deepEqual(
    new Set(flowing),
    new Set(shown.map((one: object) => JSON.stringify(one))),
  );
  const table = (await ask("GET", "/routes/a")).body.routes ?? {};
  assert.deepEqual(mirror.routes, new Map(Object.entries(table)));
}
