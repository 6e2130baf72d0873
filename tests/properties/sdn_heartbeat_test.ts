import assert from "node:assert/strict";
import fc from "fast-check";
import { checkProperty } from "../support/properties.ts";
import { tokenAccess } from "../../sdn/http/auth.ts";
import { createHash } from "node:crypto";
import { testController } from "../support/worlds/sdn_controller.ts";

const name = fc.constantFrom("a", "b");
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
// Every sample counts, also one that comes again in the same bytes.
const sample = fc.constantFrom(10, 40, 90).map((rtt_ms) => ({ links: { c: { cost: 1, rtt_ms } } }));
const anything = fc.record({
  region: maybe(fc.constantFrom("", "eu", "us")),
  address: maybe(fc.constantFrom("", "https://a:1")),
  neighbors: maybe(fc.dictionary(name, fc.integer({ min: -1, max: 2 }))),
  links: maybe(fc.dictionary(name, fc.record({ cost: fc.nat(2), rtt_ms: maybe(fc.nat(90)) }))),
  load: maybe(fc.record({ cpu: fc.constantFrom(0, 0.04, 0.5), sessions: fc.nat(20) })),
  epoch: maybe(fc.nat(2)),
  seq: maybe(fc.nat(3)),
  announces: maybe(fc.uniqueArray(fc.constantFrom("x", "y"))),
  flows: maybe(fc.constantFrom([], [{ track: "x", next_hop: "a", source: "b" }])),
  draining: maybe(fc.boolean()),
});
const body = fc.oneof(anything, sample).map((fields) => JSON.stringify(fields));
// Few bodies, so that they come again and again.
const script = fc.tuple(
  fc.array(body, { minLength: 1, maxLength: 3 }),
  fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant("beat"), name, body: fc.nat(2) }),
      },
      fc.record({ kind: fc.constantFrom("delete", "drain", "undrain", "announce"), name }),
      fc.record({ kind: fc.constant("wait"), ms: fc.nat(60_000) }),
    ),
    { maxLength: 30 },
  ),
);

type Subject = Awaited<ReturnType<typeof testController>>;
type Step = { kind: string; name?: string; body?: number; ms?: number };

async function take({ ask, clock }: Subject, step: Step, text: string) {
  switch (step.kind) {
    case "beat":
      return await ask("PUT", `/relay/${step.name}`, text);
    case "delete":
      return await ask("DELETE", `/relay/${step.name}`);
    case "announce":
      return await ask("PUT", "/announce/z", { relay: step.name });
    case "wait":
      return void await clock.advance(step.ms ?? 0);
    default:
      return await ask("POST", `/relay/${step.name}/${step.kind}`);
  }
}

Deno.test("a heartbeat in the very bytes of the one before does what one in other bytes does", async () => {
  await checkProperty(
    fc.asyncProperty(script, async ([bodies, steps]) => {
      const [same, other] = [await testController(), await testController()];
      for (const [place, step] of steps.entries()) {
        const text = bodies[("body" in step ? step.body : 0) % bodies.length] as string;
        const one = await take(same, step, text);
        // White space at the end means nothing, and no two of these bodies are of one length.
        const two = await take(other, step, text + " ".repeat(place));
        assert.deepEqual([one?.status, one?.body], [two?.status, two?.body]);
        for (const path of ["/relay", "/graph", "/flows", "/announce"]) {
          assert.deepEqual((await same.ask("GET", path)).body, (await other.ask("GET", path)).body);
        }
      }
    }),
    { numRuns: 300 },
  );
});

Deno.test("a heartbeat that was taken before is nobody else's pass", async () => {
  const sha256 = (text: string) => createHash("sha256").update(text).digest();
  const authenticate = tokenAccess([
    { sha256: sha256("a"), role: "relay", relay: "a" },
    { sha256: sha256("r"), role: "read" },
  ]);
  const { ask } = await testController({ live: { authenticate } });
  const status = async (token?: string, headers = {}) => {
    const known = token === undefined ? {} : { authorization: `Bearer ${token}` };
    return (await ask("PUT", "/relay/a", '{"epoch":1}', { ...known, ...headers })).status;
  };
  assert.equal(await status("a"), 200);
  assert.equal(await status("a"), 200);
  assert.equal(await status(), 401);
  assert.equal(await status("x"), 401);
  assert.equal(await status("r"), 403);
  assert.equal(
    (await ask("PUT", "/relay/b", '{"epoch":1}', { authorization: "Bearer a" })).status,
    403,
  );
  assert.equal(await status("a", { "if-match": '"999"' }), 412);
  assert.equal(
    (await ask("PUT", "/relay/a?x=1", '{"epoch":1}', { authorization: "Bearer a" })).status,
    400,
  );
  await ask("PUT", "/relay/a", '{"epoch":2}', { authorization: "Bearer a" });
  assert.equal(await status("a"), 409);
});
