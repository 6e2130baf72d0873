import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import {
  kickSchema,
  policySchema,
  revokeSchema,
  tenantSchema,
} from "@qumo/shared/topology/access_schemas";
import {
  kickAnswer,
  onePolicyAnswer,
  policiesAnswer,
  policyDeletedAnswer,
  revocationsAnswer,
  revokedAnswer,
  unrevokedAnswer,
} from "../control/access_answers.ts";
import type { AccessUseCases } from "../control/use_cases.ts";
import { type Answer, type Call, type Endpoint, endpoint } from "./endpoint.ts";
import { policiesQuery, revocationsQuery } from "./queries.ts";

/** Endpoints of access: revocations, policies of tenants, kicks. */
export function accessEndpoints(access: AccessUseCases): Endpoint[] {
  return [...revocationEndpoints(access), ...policyEndpoints(access), kickEndpoint(access)];
}

function revocationEndpoints(access: AccessUseCases): Endpoint[] {
  return [
    endpoint({
      method: "post",
      path: "/revoke",
      summary: "Revoke a token, a subject, a tenant, a key, a namespace or a session, everywhere",
      role: "admin",
      body: revokeSchema,
      answer: revokedAnswer,
      refusals: ["limit_reached", "unavailable"],
      handle: async ({ body, ...call }) => answered(await access.revoke(body, byWhom(call))),
    }),
    endpoint({
      method: "get",
      path: "/revoke",
      summary: "The revocations in force, page by page",
      role: "read",
      query: revocationsQuery,
      answer: revocationsAnswer,
      handle: async ({ query }) => answered(await access.revocations(query)),
    }),
    endpoint({
      method: "delete",
      path: "/revoke/{id}",
      summary: "Take a revocation back",
      role: "admin",
      answer: unrevokedAnswer,
      refusals: ["not_found", "unavailable"],
      handle: async (call) => answered(await access.unrevoke(call.name, byWhom(call))),
    }),
  ];
}

function policyEndpoints(access: AccessUseCases): Endpoint[] {
  return [
    endpoint({
      method: "put",
      path: "/policy/{tenant}",
      summary: "Say what a tenant may use at all relays together, in place of what was said before",
      role: "admin",
      body: policySchema,
      answer: onePolicyAnswer,
      refusals: ["limit_reached", "unavailable"],
      handle: async ({ name, body, ...call }) => {
        const tenant = tenantSchema.safeParse(name);
        if (!tenant.success) return no(tenant.error.issues[0]?.message ?? "no tenant");
        return answered(await access.setPolicy(tenant.data, body, byWhom(call)));
      },
    }),
    endpoint({
      method: "get",
      path: "/policy/{tenant}",
      summary: "What a tenant may use, and what it uses",
      role: "read",
      answer: onePolicyAnswer,
      refusals: ["not_found"],
      handle: async ({ name }) => answered(await access.policy(name)),
    }),
    endpoint({
      method: "get",
      path: "/policy",
      summary: "The policies of tenants, page by page",
      role: "read",
      query: policiesQuery,
      answer: policiesAnswer,
      handle: async ({ query }) => answered(await access.policies(query)),
    }),
    endpoint({
      method: "delete",
      path: "/policy/{tenant}",
      summary: "Delete a policy: the tenant may use what its tokens say",
      role: "admin",
      answer: policyDeletedAnswer,
      refusals: ["not_found", "unavailable"],
      handle: async (call) => answered(await access.deletePolicy(call.name, byWhom(call))),
    }),
  ];
}

function kickEndpoint(access: AccessUseCases): Endpoint {
  return endpoint({
    method: "post",
    path: "/kick",
    summary: "Cut what is there now at connected relays, and forbid nothing",
    role: "admin",
    body: kickSchema,
    answer: kickAnswer,
    handle: async ({ body, ...call }) => answered(await access.kick(body, byWhom(call))),
  });
}

function byWhom({ identity, client }: Pick<Call<unknown, unknown>, "identity" | "client">): string {
  return `${identity.role} at ${client}`;
}

function answered(outcome: Outcome<unknown, Refusal>): Outcome<Answer, Refusal> {
  return outcome.ok ? done({ body: outcome.value }) : outcome;
}

function no(message: string) {
  return refused(refusal("bad_request", message));
}
