import assert from "node:assert/strict";
import {
  accessEvents,
  accessKinds,
  canonicalTarget,
  kickSchema,
  policySchema,
  revocationSchema,
  revokeSchema,
  tenantPolicySchema,
  tenantSchema,
} from "./access_schemas.ts";
import { MAX_REVOKED_NAME_LENGTH, MAX_TENANTS_PER_RELAY } from "./limits.ts";
import { registrationSchema } from "./schemas.ts";

Deno.test("a revocation names its namespace, its session and all else as it is compared", () => {
  const cases: readonly [kind: string, value: string, meant: string | undefined][] = [
    ["token", "jti-1", "jti-1"],
    ["token", "x".repeat(MAX_REVOKED_NAME_LENGTH + 1), undefined],
    ["subject", "a person", "a person"],
    ["session", "tokyo/17", "tokyo/17"],
    ["session", "eu/tokyo/17", "eu/tokyo/17"],
    ["session", "17", undefined],
    ["session", "tokyo/", undefined],
    ["namespace", "live/%63oncert", "live/concert"],
    ["namespace", "~", "~"],
    ["namespace", "~/%2Froom/live", "~/%2Froom/live"],
    ["namespace", "live/~/video", undefined],
    ["namespace", "", undefined],
    ["namespace", "/", undefined],
    ["namespace", "~/%ff/live", undefined],
    ["namespace", "%zz", undefined],
    ["person", "x", undefined],
  ];
  for (const [kind, value, meant] of cases) {
    for (const schema of [revokeSchema, kickSchema]) {
      assert.equal(schema.safeParse({ kind, value }).data?.value, meant, `${kind} ${value}`);
    }
  }
  assert.equal(canonicalTarget({ kind: "namespace", value: "a//b" }), undefined);
});

Deno.test("a revocation, a policy and a tenant with what nobody knows are refused", () => {
  const token = { kind: "token", value: "x" };
  assert.ok(revokeSchema.safeParse({ ...token, expires_at: "2026-12-01T00:00:00Z" }).success);
  assert.ok(!revokeSchema.safeParse({ ...token, expires_at: "tomorrow" }).success);
  assert.ok(!revokeSchema.safeParse({ ...token, id: "mine" }).success);
  assert.ok(policySchema.safeParse({ sessions: 0, egress_bps: 1e9, regions: ["eu"] }).success);
  assert.ok(!policySchema.safeParse({ sessions: -1 }).success);
  assert.ok(!policySchema.safeParse({ seats: 1 }).success);
  assert.ok(!tenantSchema.safeParse("..").success);
});

Deno.test("a heartbeat says what tenants use, of a limited number", () => {
  const tenants = (count: number) => ({ tenants: Array(count).fill({ tenant: "a", sessions: 2 }) });
  const parsed = registrationSchema.parse(tenants(1));
  const rest = { tracks: 0, ingress_bps: 0, egress_bps: 0 };
  assert.deepEqual(parsed.tenants, [{ tenant: "a", sessions: 2, ...rest }]);
  assert.ok(!registrationSchema.safeParse(tenants(MAX_TENANTS_PER_RELAY + 1)).success);
});

Deno.test("an event with what a newer controller adds is read", () => {
  const read = accessEvents.access.parse({ revision: 3, revocations: [{ kind: "new" }], more: 1 });
  assert.deepEqual(read, {
    revocations: [{ kind: "new" }],
    policies: [],
    unrevoked: [],
    unlimited: [],
  });
});

Deno.test("a relay reads each kind of revocation, and policies, as they are told", () => {
  const at = "2026-12-01T00:00:00Z";
  for (const kind of accessKinds) {
    const told = { id: "i", kind, value: "v", created_at: at, expires_at: at };
    assert.deepEqual(revocationSchema.parse({ ...told, newer: true }), told);
  }
  assert.deepEqual(tenantPolicySchema.parse({ tenant: "a", tracks: 3, newer: 1 }), {
    tenant: "a",
    tracks: 3,
  });
});
