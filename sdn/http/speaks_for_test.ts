import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { type Ask, testController } from "../../tests/support/worlds/sdn_controller.ts";
import { tokenAccess } from "./auth.ts";

const TOKENS = [
  { token: "paris", role: "relay", relay: "paris" },
  { token: "group", role: "relay", relay: "eu-*" },
  { token: "all-relays", role: "relay" },
  { token: "reader", role: "read" },
] as const;

const authenticate = tokenAccess(
  TOKENS.map(({ token, ...identity }) => ({
    sha256: createHash("sha256").update(token).digest(),
    ...identity,
  })),
);

const key = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) };

/** Everything that a relay can say of another one, however its name is written. */
const FORGERIES: readonly (readonly [method: string, path: string, body?: unknown])[] = [
  ["PUT", "/relay/lyon", { address: "moqt://elsewhere:1" }],
  ["PUT", "/relay/%6Cyon", { address: "moqt://elsewhere:1" }],
  ["PUT", "/relay/x/../lyon", { address: "moqt://elsewhere:1" }],
  ["PUT", "/relay/lyon", { epoch: 9e14, seq: 1 }],
  ["PUT", "/relay/lyon", { draining: true }],
  ["PUT", "/relay/lyon", { announces: [] }],
  ["PUT", "/relay/paris%2Flyon", { address: "moqt://elsewhere:1" }],
  ["PUT", "/relay/Paris", {}],
  ["PUT", "/relay/paris2", {}],
  ["PUT", "/relay/eu-lyon", { address: "moqt://elsewhere:1" }],
  ["DELETE", "/relay/lyon"],
  ["DELETE", "/relay/ly%6Fn"],
  ["POST", "/mesh/identity/lyon", { key }],
  ["POST", "/mesh/identity/l%79on", { key }],
  ["PUT", "/announce/forged", { relay: "lyon" }],
  ["PUT", "/announce/paris", { relay: "lyon" }],
  ["PUT", "/announce/paris/forged", { relay: "lyon" }],
  ["PUT", "/announce/lyon/forged"],
  ["PUT", "/announce/lyon%2Fforged"],
  ["PUT", "/announce/lyon/forged", { broadcast_path: "forged" }],
  // The older form has the relay in its path, whatever its body says.
  ["PUT", "/announce/lyon/forged", { relay: "paris", broadcast_path: "forged" }],
  ["DELETE", "/announce/live?relay=lyon"],
  ["DELETE", "/announce/paris/live?relay=lyon"],
  ["DELETE", "/announce/lyon/live"],
  ["DELETE", "/announce/lyon%2Flive"],
];

async function world() {
  const { ask } = await testController({ live: { authenticate } });
  const as = (token: string) => (...[method, path, body]: Parameters<Ask>) =>
    ask(method, path, body, { authorization: `Bearer ${token}` });
  const all = as("all-relays");
  for (const name of ["lyon", "paris", "eu-lyon"]) {
    const said = { region: "eu", address: `moqt://${name}:1`, announces: ["live"] };
    assert.equal((await all("PUT", `/relay/${name}`, said)).status, 200);
  }
  /** What is known of all of them, without the times of their words. */
  const known = async () => {
    const relays = (await all("GET", "/relay")).body.relays;
    return [relays, (await all("GET", "/announce")).body];
  };
  return { as, known };
}

for (const [method, path, body] of FORGERIES) {
  const what = `${method} ${path} ${JSON.stringify(body) ?? ""}`;
  Deno.test(`the token of one relay does nothing in the name of another: ${what}`, async () => {
    const { as, known } = await world();
    const before = await known();
    const { status, body: answer } = await as("paris")(method, path, body);
    assert.deepEqual([status, answer.code], [403, "forbidden"]);
    assert.deepEqual(await known(), before);
  });
}

Deno.test("every route that needs the role of a relay is tried in another's name", async () => {
  const { as } = await world();
  const { body: { paths } } = await as("all-relays")("GET", "/openapi.json");
  const tried = new Set(FORGERIES.map(([method, path]) => `${method} ${kindOf(path)}`));
  const needed = new Set<string>();
  for (const [path, methods] of Object.entries<object>(paths)) {
    for (const method of Object.keys(methods).map((one) => one.toUpperCase())) {
      // With a query that is refused, so that no answer stays open.
      const asked = `${path.replace(/\{\w+\}/, "lyon")}?surplus=1`;
      const may = async (token: string) => (await as(token)(method, asked)).status !== 403;
      if (await may("all-relays") && !await may("reader")) needed.add(`${method} ${kindOf(path)}`);
    }
  }
  assert.ok(needed.size > 0);
  assert.deepEqual(needed, tried);
});

/** A path without the name in it. */
function kindOf(path: string): string {
  return path.startsWith("/mesh/identity") ? "/mesh/identity" : path.split("/", 2).join("/");
}

Deno.test("a token for names that begin alike is for no others", async () => {
  const { as } = await world();
  const status = async (name: string) => (await as("group")("PUT", `/relay/${name}`, {})).status;
  assert.deepEqual(await Promise.all(["eu-lyon", "eu-new"].map(status)), [200, 200]);
  const others = ["lyon", "eu", "EU-lyon", "x-eu-lyon", "%65u", "eu%2Dlyon/../lyon"];
  assert.deepEqual(await Promise.all(others.map(status)), others.map(() => 403));
});
