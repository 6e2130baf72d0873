import { type Clock, sleep } from "@qumo/shared/runtime";
import * as z from "zod";
import type { Challenges } from "./challenges.ts";
import { AcmeConnection, AcmeError, type ConnectionParts, parsed } from "./connection.ts";
import { newSigningRequest } from "./csr.ts";
import { MAX_POLL_MS, MAX_POLLS, POLL_MS } from "./limits.ts";

/** A certificate with its chain, and its key, as PEM. */
export interface OrderedPair {
  readonly certificate: string;
  readonly key: string;
}

/** What is ordered, and how its names are proved. */
export interface OrderParts extends ConnectionParts {
  readonly domains: readonly string[];
  /** Where the authority may write to; empty: nowhere. */
  readonly email: string;
  readonly challenges: Challenges;
}

/** Orders a certificate and proves its domains over HTTP (http-01). Rejects with the reason. */
export async function orderCertificate(parts: OrderParts): Promise<OrderedPair> {
  const { domains, email } = parts;
  const contact = email === "" ? [] : [`mailto:${email}`];
  const connection = await AcmeConnection.open(parts, contact);
  const identifiers = domains.map((value) => ({ type: "dns", value }));
  const made = await connection.post(connection.newOrderUrl, { identifiers });
  const order = parsed(made.text, orderSchema);
  for (const url of order.authorizations) await proveDomain(connection, url, parts);
  await settled(connection, made.location, { ...parts, schema: orderSchema, waits: ["pending"] });
  const { request, key } = await newSigningRequest(domains);
  const csr = request.toBase64({ alphabet: "base64url", omitPadding: true });
  await connection.post(order.finalize, { csr });
  const waits = ["pending", "ready", "processing"];
  const done = await settled(connection, made.location, { ...parts, schema: orderSchema, waits });
  if (done.certificate === undefined) throw new AcmeError(`its order is ${done.status}`);
  const { text } = await connection.post(done.certificate);
  return { certificate: text, key };
}

async function proveDomain(
  connection: AcmeConnection,
  url: string,
  parts: OrderParts,
): Promise<void> {
  const { challenges, key } = parts;
  const authorization = parsed((await connection.post(url)).text, authorizationSchema);
  if (authorization.status === "valid") return;
  const domain = authorization.identifier.value;
  const challenge = authorization.challenges.find(({ type }) => type === "http-01");
  if (challenge === undefined) throw new AcmeError(`${domain} cannot be proved by http-01`);
  using _answer = challenges.answer(challenge.token, `${challenge.token}.${key.thumbprint}`);
  await connection.post(challenge.url, {});
  const schema = authorizationSchema;
  const { status, challenges: after } = await settled(connection, url, {
    ...parts,
    schema,
    waits: ["pending", "processing"],
  });
  if (status === "valid") return;
  const why = after.find(({ error }) => error !== undefined)?.error?.detail ?? status;
  throw new AcmeError(`${domain} is not proved: ${why}`);
}

/** Asks for something until its state is none of those that pass by themselves. */
async function settled<T extends { readonly status: string }>(
  connection: AcmeConnection,
  url: string,
  { schema, waits, clock, signal }: {
    readonly schema: z.ZodType<T>;
    readonly waits: readonly string[];
    readonly clock: Clock;
    readonly signal: AbortSignal;
  },
): Promise<T> {
  for (let poll = 0; poll < MAX_POLLS; poll++) {
    const { text, retryAfterMs = POLL_MS } = await connection.post(url);
    const found = parsed(text, schema);
    if (!waits.includes(found.status)) return found;
    await sleep(clock, Math.min(retryAfterMs, MAX_POLL_MS), signal);
    signal.throwIfAborted();
  }
  throw new AcmeError("it did not decide in time");
}

const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(z.url()).max(100),
  finalize: z.url(),
  certificate: z.url().optional(),
});

const authorizationSchema = z.object({
  status: z.string(),
  identifier: z.object({ value: z.string() }),
  challenges: z.array(z.object({
    type: z.string(),
    url: z.url(),
    token: z.string().regex(/^[\w-]{1,255}$/).catch(""),
    error: z.object({ detail: z.string().optional() }).optional(),
  })).max(20),
});
