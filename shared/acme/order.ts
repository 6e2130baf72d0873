import { sleep } from "@qumo/shared/runtime";
import { type Authorization, Client, crypto, type Order } from "acme-client";
import * as z from "zod";
import { AcmeError } from "./acme_error.ts";
import { AcmeNetwork, type NetworkParts, notUnderstood, problemOf } from "./acme_network.ts";
import type { Challenges } from "./challenges.ts";
import { MAX_POLL_MS, MAX_POLLS, POLL_MS } from "./limits.ts";

/** A certificate with its chain, and its key, as PEM. */
export interface OrderedPair {
  readonly certificate: string;
  readonly key: string;
}

/** What is ordered, and how its names are proved. */
export interface OrderParts extends NetworkParts {
  readonly directoryUrl: string;
  /** The key of the account, as PEM. */
  readonly accountKey: string;
  /** Where the authority may write to; empty: nowhere. */
  readonly email: string;
  readonly challenges: Challenges;
}

/** Orders a certificate and proves its domains over HTTP (http-01). Rejects with the reason. */
export async function orderCertificate(parts: OrderParts): Promise<OrderedPair> {
  const network = new AcmeNetwork(parts);
  return await network.run(() => new Ordering(parts, network).order());
}

/** An ECDSA P-256 key, as PEM. */
export async function newKey(): Promise<string> {
  return (await crypto.createPrivateEcdsaKey()).toString();
}

/**
 * One order. The library asks and signs; waiting is done here, since it would not end with the
 * program, nor for as long as the authority wants.
 */
class Ordering {
  readonly #parts: OrderParts;
  readonly #network: AcmeNetwork;
  readonly #client: Client;

  constructor(parts: OrderParts, network: AcmeNetwork) {
    this.#parts = parts;
    this.#network = network;
    const { directoryUrl, accountKey } = parts;
    this.#client = new Client({ directoryUrl, accountKey });
  }

  async order(): Promise<OrderedPair> {
    const { domains, email } = this.#parts;
    const contact = email === "" ? [] : [`mailto:${email}`];
    await this.#client.createAccount({ termsOfServiceAgreed: true, contact });
    const identifiers = domains.map((value) => ({ type: "dns", value }));
    const order = held(await this.#client.createOrder({ identifiers }), orderSchema);
    for (const url of order.authorizations) await this.#prove({ ...order, authorizations: [url] });
    const read = async () => held(await this.#client.getOrder(order), orderSchema);
    await this.#settled(read, ["pending"]);
    const key = await newKey();
    const [, csr] = await crypto.createCsr({ altNames: [...domains] }, key);
    await this.#client.finalizeOrder(order, csr);
    const done = await this.#settled(read, ["pending", "ready", "processing"]);
    if (done.certificate === undefined) throw new AcmeError(`its order is ${done.status}`);
    const certificate = await this.#client.getCertificate({ ...done, status: "valid" });
    return { certificate: held(certificate, z.string()), key };
  }

  /** Proves the one domain that is left in the order. */
  async #prove(order: Order): Promise<void> {
    const read = async () => {
      const [authorization] = await this.#client.getAuthorizations(order);
      return held(authorization!, authorizationSchema);
    };
    const authorization = await read();
    if (authorization.status === "valid") return;
    const domain = authorization.identifier.value;
    const challenge = httpChallenge(authorization);
    if (challenge === undefined) throw new AcmeError(`${domain} cannot be proved by http-01`);
    const answer = await this.#client.getChallengeKeyAuthorization(challenge);
    using _answer = this.#parts.challenges.answer(challenge.token, answer);
    await this.#client.completeChallenge(challenge);
    const { status, ...after } = await this.#settled(read, ["pending", "processing"]);
    if (status === "valid") return;
    const why = problemOf(httpChallenge(after)?.error).detail || status;
    throw new AcmeError(`${domain} is not proved: ${why}`);
  }

  /** Reads something until its state is none of those that pass by themselves. */
  async #settled<T extends { readonly status: string }>(
    read: () => Promise<T>,
    waits: readonly string[],
  ): Promise<T> {
    const { clock, signal } = this.#parts;
    for (let poll = 0; poll < MAX_POLLS; poll++) {
      const found = await read();
      if (!waits.includes(found.status)) return found;
      const { retryAfterMs = POLL_MS } = this.#network;
      await sleep(clock, Math.min(retryAfterMs, MAX_POLL_MS), signal);
      signal.throwIfAborted();
    }
    throw new AcmeError("it did not decide in time");
  }
}

/** An answer as the library passes it on, which looks at little of it. */
function held<T>(answer: T, schema: z.ZodType): T {
  const { error } = schema.safeParse(answer);
  if (error !== undefined) throw notUnderstood(error);
  return answer;
}

function httpChallenge({ challenges }: Pick<Authorization, "challenges">) {
  return challenges.find(({ type, token }) => type === "http-01" && TOKEN.test(token ?? ""));
}

const TOKEN = /^[\w-]{1,255}$/;

const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(z.url()).max(100),
  finalize: z.url(),
  certificate: z.url().optional(),
});

const authorizationSchema = z.object({
  status: z.string(),
  identifier: z.object({ value: z.string() }),
  challenges: z.array(
    z.object({ type: z.string(), url: z.url(), token: z.string().optional() }),
  ).max(20),
});
