import assert from "node:assert/strict";
import type { Revocation } from "@qumo/shared/topology/access_schemas";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { Enforcer } from "./enforcer.ts";
import { SESSION_SKEW_MS } from "./limits.ts";
import { fieldsOf } from "./paths.ts";
import { type Bearer, Present, type PresentRequest } from "./present.ts";

/** Sessions at the relay `paris` that write down what becomes of them. */
function paris() {
  const present = new Present();
  const { log, lines } = memoryLog();
  const enforcer = new Enforcer(present, log);
  enforcer.relay = "eu/paris";
  const ends: string[] = [];
  const come = (session: number, since = 0): Bearer => {
    const bearer: Bearer = {
      session,
      since,
      holder: {},
      tracks: 0,
      requests: [],
      review: () => ({ requests: 0, isOver: false }),
      end: () => ({ requests: 0, isOver: true }),
      expel: ({ reason }) => {
        ends.push(`${session}: ${reason}`);
        return { requests: 0, isOver: true };
      },
    };
    present.enter(bearer);
    return bearer;
  };
  const ask = (bearer: Bearer, name: string, publishes: boolean, number: number) => {
    const request: PresentRequest = {
      bearer,
      number,
      publishes,
      receives: !publishes,
      cut: ({ reason }) => void ends.push(`${bearer.session} ${name}: ${reason}`),
    };
    present.begin(fieldsOf(name), request);
  };
  return { enforcer, come, ask, ends, said: () => lines.map(({ text }) => text) };
}

function revocationOf(value: string, createdAt: number): Revocation {
  const [created_at, expires_at] = [createdAt, createdAt + 60_000].map((at) =>
    new Date(at).toISOString()
  );
  return { id: "r", kind: "session", value, created_at: created_at!, expires_at: expires_at! };
}

Deno.test("Enforcer ends the session that is meant, and none that has its number after a restart", () => {
  const { enforcer, come, ends, said } = paris();
  come(7, 1_000_000);
  assert.equal(enforcer.revoke(revocationOf("eu/rome/7", 1_000_000)), 0);
  assert.equal(enforcer.revoke(revocationOf("eu/paris/8", 1_000_000)), 0);
  assert.equal(enforcer.revoke(revocationOf("eu/paris/7", 999_999 - SESSION_SKEW_MS)), 0);
  assert.deepEqual([ends, said()], [[], []]);
  assert.equal(enforcer.revoke(revocationOf("eu/paris/7", 1_000_000)), 1);
  assert.deepEqual(ends, ["7: the session is revoked"]);
  assert.deepEqual(said(), ["warn: access revoked"]);
});

Deno.test("Enforcer that ends what is under a name tells those who receive it first", () => {
  const { enforcer, come, ask, ends } = paris();
  const [publisher, viewer] = [come(1), come(2)];
  ask(publisher, "live/a", true, 1);
  ask(viewer, "live/a", false, 2);
  ask(viewer, "other", false, 3);
  assert.equal(enforcer.kick({ id: "k", kind: "namespace", value: "live" }), 2);
  assert.deepEqual(ends, ["2 live/a: ended by an operator", "1 live/a: ended by an operator"]);
});
