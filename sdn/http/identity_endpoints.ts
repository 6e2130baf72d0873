import { done, refused } from "@qumo/shared/runtime";
import { refusal } from "@qumo/shared/topology";
import * as z from "zod";
import type { RelayUseCases } from "../control/use_cases.ts";
import { type Endpoint, endpoint } from "./endpoint.ts";

const coordinate = z.string().regex(/^[\w-]{43}$/);
const publicKey = z.strictObject({
  kty: z.literal("EC"),
  crv: z.literal("P-256"),
  x: coordinate,
  y: coordinate,
}).meta({ id: "PublicKey", description: "A JWK for ES256" });

/** A public key for ES256. */
export type PublicKey = z.output<typeof publicKey>;

const identityAnswer = z.strictObject({
  relay: z.string(),
  grant: z.string().meta({ description: "A JWT that says whose the key is, for other relays" }),
  expires_at: z.string().meta({ format: "date-time" }),
  keys: z.array(publicKey.extend({ kid: z.string(), alg: z.string() })).meta({
    description: "What grants of other relays are verified with",
  }),
}).meta({ id: "Identity" });

/** What a relay is told that asks for its identity. */
export type IdentityAnswer = z.output<typeof identityAnswer>;

/** Who signs which key is whose. */
export interface Identities {
  issue(name: string, key: PublicKey): Promise<IdentityAnswer>;
}

/** The identity of relays among each other. */
export function identityEndpoints(
  relays: Pick<RelayUseCases, "relay">,
  identities: Identities,
): Endpoint[] {
  return [
    endpoint({
      method: "post",
      path: "/mesh/identity/{name}",
      summary: "Have it signed that a key is a registered relay's",
      role: "relay",
      body: z.strictObject({ key: publicKey }),
      answer: identityAnswer,
      refusals: ["relay_not_found"],
      speaksFor: ({ name }) => name,
      handle: async ({ name, body }) => {
        const found = await relays.relay(name);
        if (!found.ok) return found;
        if (!found.value.registered) {
          return refused(refusal("relay_not_found", `The relay ${name} is not registered`));
        }
        return done({ body: await identities.issue(name, body.key) });
      },
    }),
  ];
}
