import { done, type Outcome, refused } from "@qumo/shared/runtime";
import * as z from "zod";
import type { ControllerClient } from "./controller_client.ts";

/** A public key as a JWK. */
export type PublicKey = Readonly<Record<string, unknown>>;

const answerSchema = z.object({
  grant: z.string(),
  expires_at: z.iso.datetime(),
  keys: z.array(z.record(z.string(), z.unknown())),
}).transform(({ grant, expires_at: at, keys }) => ({ grant, expiresAt: Date.parse(at), keys }));

/** What a controller says of a relay's key, and by which keys it says so. */
export type Identity = z.output<typeof answerSchema>;

/** Asks controllers in turn to say that a key is the relay's. Never rejects. */
export async function identityOf(
  name: string,
  key: PublicKey,
  { client, urls, signal }: {
    readonly client: Pick<ControllerClient, "ask">;
    readonly urls: readonly string[];
    readonly signal: AbortSignal;
  },
): Promise<Outcome<Identity, string>> {
  let reason = "there is no controller";
  const path = `/mesh/identity/${encodeURIComponent(name)}`;
  for (const url of urls) {
    const answer = await client.ask(
      { url, method: "POST", path, body: { key }, signal },
      answerSchema,
    );
    if (answer.ok) return done(answer.value.value);
    reason = `${url}: ${answer.refusal.message}`;
  }
  return refused(reason);
}
