import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type Refusal, refusal, relayNameFault } from "@qumo/shared/topology";
import { registrationSchema } from "@qumo/shared/topology/schemas";
import {
  flowsAnswer,
  oneRelayAnswer,
  registeredAnswer,
  relaysAnswer,
  relayStatusAnswer,
} from "../control/answers.ts";
import type { RelayUseCases } from "../control/use_cases.ts";
import type { Match } from "../registry/mod.ts";
import { type Answer, type Endpoint, endpoint, NOT_MODIFIED } from "./endpoint.ts";
import { MAX_REGISTRATION_BYTES } from "./limits.ts";

const NO_NAME = "relay name is required in path: /relay/<name>";

/** Endpoints of relays: register, get, list, drain, deregister. */
export function relayEndpoints(relays: RelayUseCases): Endpoint[] {
  return [
    endpoint({
      method: "put",
      path: "/relay/{name}",
      summary: "Register a relay, or renew its lease",
      role: "relay",
      body: registrationSchema,
      bodyLimit: MAX_REGISTRATION_BYTES,
      isHeartbeat: true,
      answer: registeredAnswer,
      refusals: [
        "relay_revoked",
        "stale_epoch",
        "epoch_ahead",
        "stale_sequence",
        "precondition_failed",
        "limit_reached",
        "unavailable",
      ],
      speaksFor: ({ name }) => name,
      handle: async ({ name, body, headers }) => {
        const fault = nameFault(name);
        if (fault !== undefined) return no("bad_request", fault);
        const match = readMatch(headers.get("if-match"));
        return match.ok ? answered(await relays.register(name, body, match.value)) : match;
      },
    }),
    endpoint({
      method: "get",
      path: "/relay",
      summary: "List every relay that has a lease",
      role: "read",
      answer: relaysAnswer,
      handle: async () => answered(await relays.relays()),
    }),
    endpoint({
      method: "get",
      path: "/relay/{name}",
      summary: "One relay, with its ETag",
      role: "read",
      answer: oneRelayAnswer,
      refusals: ["relay_not_found"],
      otherAnswers: NOT_MODIFIED,
      handle: async ({ name, headers }) => {
        const found = await relays.relay(name);
        if (!found.ok) return found;
        const etag = `"${found.value.modified}"`;
        if (headers.get("if-none-match") === etag) {
          return done(new Response(null, { status: 304, headers: { etag } }));
        }
        return done({ body: found.value, headers: { etag } });
      },
    }),
    endpoint({
      method: "delete",
      path: "/relay/{name}",
      summary: "Deregister a relay; its announces are removed at once",
      role: "relay",
      answer: relayStatusAnswer,
      refusals: ["relay_not_found", "precondition_failed", "unavailable"],
      speaksFor: ({ name }) => name,
      handle: async ({ name, headers }) => {
        if (name === "") return no("bad_request", NO_NAME);
        const match = readMatch(headers.get("if-match"));
        return match.ok ? answered(await relays.deregister(name, match.value)) : match;
      },
    }),
    endpoint({
      method: "get",
      path: "/flows",
      summary: "Which tracks relays take from their neighbors now",
      role: "read",
      answer: flowsAnswer,
      handle: async () => answered(await relays.flows()),
    }),
    drainEndpoint(relays, true),
    drainEndpoint(relays, false),
  ];
}

function nameFault(name: string): string | undefined {
  if (name === "") return NO_NAME;
  const fault = relayNameFault(name);
  return fault && `The relay's name ${fault}`;
}

function drainEndpoint(relays: RelayUseCases, on: boolean): Endpoint {
  return endpoint({
    method: "post",
    path: `/relay/{name}/${on ? "drain" : "undrain"}`,
    summary: on
      ? "Drain a relay: it carries no transit and is chosen for no new client"
      : "Undo a drain",
    role: "admin",
    answer: relayStatusAnswer,
    refusals: ["relay_not_found", "unavailable"],
    handle: async ({ name, identity, client }) =>
      answered(await relays.drain(name, on, `${identity.role} at ${client}`)),
  });
}

function readMatch(header: string | null): Outcome<Match | undefined, Refusal> {
  if (header === null) return done(undefined);
  if (header.trim() === "*") return done("any");
  const revision = /^"(\d{1,15})"$/.exec(header.trim())?.[1];
  return revision === undefined
    ? no("bad_request", "If-Match must be * or one ETag that the relay was given with")
    : done(Number(revision));
}

function answered(outcome: Outcome<unknown, Refusal>): Outcome<Answer, Refusal> {
  return outcome.ok ? done({ body: outcome.value }) : outcome;
}

function no(code: Refusal["code"], message: string) {
  return refused(refusal(code, message));
}
