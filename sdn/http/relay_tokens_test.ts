import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { testController } from "../../tests/support/worlds/sdn_controller.ts";
import { tokenAccess } from "./auth.ts";

const KEY = { kty: "EC", crv: "P-256", x: "x".repeat(43), y: "y".repeat(43) };

/** What a relay says of itself, or what is said in its name: with a body where there is one. */
const WORDS:
  readonly (readonly [method: string, path: (relay: string) => string, body?: object])[] = [
    ["PUT", (relay) => `/relay/${relay}`, {}],
    ["PUT", (relay) => `/announce/${relay}/live/x`],
    ["PUT", () => "/announce/live/x"],
    ["DELETE", (relay) => `/announce/live/x?relay=${relay}`],
    ["DELETE", (relay) => `/announce/${relay}/live/x`],
    ["DELETE", (relay) => `/relay/${relay}`],
    ["POST", (relay) => `/mesh/identity/${relay}`, { key: KEY }],
  ];

const BOUND: readonly (readonly [token: string, may: string, mayNot: readonly string[]])[] = [
  ["tokyo", "tokyo", ["tokyo2", "toky", "TOKYO", "london"]],
  ["eu-*", "eu-paris", ["eu", "us-eu-1", "EU-paris", "tokyo"]],
];

for (const [bound, may, mayNot] of BOUND) {
  for (const [method, path, given] of WORDS) {
    const name = `${method} ${path("{relay}")}`;
    Deno.test(`a token of ${bound} may ask ${name} for ${may}, and for no other relay`, async () => {
      const sha256 = createHash("sha256").update("t").digest();
      const authenticate = tokenAccess([{ sha256, role: "relay", relay: bound }]);
      const { ask } = await testController({ live: { authenticate } });
      const statusFor = async (relay: string) => {
        // What names no relay in its path names it in its body.
        const body = path("") === path("x") ? { relay } : given;
        return (await ask(method, path(relay), body, { authorization: "Bearer t" })).status;
      };
      assert.ok(![401, 403].includes(await statusFor(may)));
      for (const other of mayNot) assert.equal(await statusFor(other), 403, other);
    });
  }
}
