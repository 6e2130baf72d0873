import "reflect-metadata";
import assert from "node:assert/strict";
import type { Clock } from "@qumo/shared/runtime";
import {
  Pkcs10CertificateRequest,
  type SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  calculateJwkThumbprint,
  type FlattenedJWSInput,
  flattenedVerify,
  importJWK,
  type JWK,
} from "jose";
import type { Challenges } from "../../../shared/acme/challenges.ts";

const BASE = "https://authority.test";
const ACCOUNT = `${BASE}/account/1`;
const DIRECTORY = {
  newNonce: `${BASE}/nonce`,
  newAccount: `${BASE}/account`,
  newOrder: `${BASE}/order`,
};
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** How long its certificates are valid. */
export const LIFETIME_MS = 90 * 86_400_000;

/** How it answers a path other than it should; as it should where that gives nothing. */
export type Answer = (url: string, init: RequestInit) => Promise<Response> | Response | undefined;

/** A domain of an order, and how its proof stands. */
interface Domain {
  readonly name: string;
  readonly token: string;
  proof: "pending" | "valid" | "invalid";
}

/**
 * An authority that speaks ACME in this process with one account, and holds clients to what RFC 8555
 * asks of them.
 */
export class ScriptedAuthority {
  readonly directoryUrl = `${BASE}/directory`;
  /** Every path that was asked. */
  readonly asked: string[] = [];
  readonly contacts: unknown[] = [];
  issued = 0;
  readonly #clock: Clock;
  readonly #challenges: Challenges;
  readonly #answers: Record<string, Answer>;
  readonly #nonces = new Set<string>();
  #account: JWK = {};
  #domains: Domain[] = [];
  #certificate = "";

  /** Every domain leads to these challenges. */
  constructor(clock: Clock, challenges: Challenges, answers: Record<string, Answer> = {}) {
    this.#clock = clock;
    this.#challenges = challenges;
    this.#answers = answers;
  }

  /** Takes requests in the place of the network. */
  readonly fetch = (async (url: string, init: RequestInit) => {
    const path = new URL(url).pathname;
    this.asked.push(path);
    return await this.#answers[path]?.(url, init) ?? await this.regular(url, init);
  }) as typeof fetch;

  /** Answers as it should. */
  async regular(url: string, init: RequestInit): Promise<Response> {
    const [, kind, at] = /^\/(\w+)\/?(\d*)$/.exec(new URL(url).pathname)!;
    const payload = init.method === "POST" ? await this.#verified(url, init) : {};
    switch (kind) {
      case "directory":
        return this.answer(200, DIRECTORY);
      case "nonce":
        return this.answer(200);
      case "account": {
        assert.equal(payload["termsOfServiceAgreed"], true);
        const isNew = this.contacts.push(payload["contact"]) === 1;
        return this.answer(isNew ? 201 : 200, { status: "valid" }, { location: ACCOUNT });
      }
      case "order":
        if (at !== "") return this.answer(200, this.#order);
        this.#certificate = "";
        this.#domains = (payload["identifiers"] as { value: string }[]).map(({ value }, at) => (
          { name: value, token: `token-${this.issued}-${at}`, proof: "pending" }
        ));
        return this.answer(201, this.#order, { location: `${BASE}/order/1` });
      case "authorization":
        return this.answer(200, this.#authorization(Number(at)));
      case "challenge":
        await this.#look(this.#domains[Number(at)]!);
        return this.answer(200);
      case "finalize":
        await this.#issue(String(payload["csr"]));
        return this.answer(200, this.#order);
      default:
        assert.equal(kind, "certificate");
        return this.answer(200, this.#certificate);
    }
  }

  /** An answer with a nonce, and for whoever waits that there is no need to: the clock stands still. */
  answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): Response {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const common = { "replay-nonce": nonce, "retry-after": "0" };
    return new Response(text, { status, headers: { ...common, ...headers } });
  }

  get #order() {
    const isReady = this.#domains.every(({ proof }) => proof === "valid");
    return {
      status: this.#certificate !== "" ? "valid" : isReady ? "ready" : "pending",
      authorizations: this.#domains.map((_, at) => `${BASE}/authorization/${at}`),
      finalize: `${BASE}/finalize`,
      ...(this.#certificate !== "" && { certificate: `${BASE}/certificate` }),
    };
  }

  #authorization(at: number) {
    const { name, token, proof } = this.#domains[at]!;
    const error = { detail: "the domain leads elsewhere" };
    const http = { type: "http-01", url: `${BASE}/challenge/${at}`, token };
    // The other one has no token.
    const other = { type: "dns-persist-01", url: `${BASE}/dns` };
    return {
      status: proof,
      identifier: { type: "dns", value: name },
      challenges: [other, { ...http, ...(proof === "invalid" && { error }) }],
    };
  }

  async #look(domain: Domain): Promise<void> {
    const url = `http://${domain.name}/.well-known/acme-challenge/${domain.token}`;
    const response = await this.#challenges.handle(new Request(url));
    const wanted = `${domain.token}.${await calculateJwkThumbprint(this.#account)}`;
    domain.proof = response.ok && await response.text() === wanted ? "valid" : "invalid";
  }

  async #issue(csr: string): Promise<void> {
    const bytes = Uint8Array.fromBase64(csr, { alphabet: "base64url" });
    const request = new Pkcs10CertificateRequest(bytes);
    assert.ok(await request.verify());
    const alternatives = request.getExtension("2.5.29.17") as SubjectAlternativeNameExtension;
    const names = alternatives.names.toJSON().map(({ value }) => value);
    assert.deepEqual(names, this.#domains.map(({ name }) => name));
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    this.issued++;
    const leaf = await X509CertificateGenerator.create({
      issuer: "CN=authority",
      notBefore: new Date(this.#clock.wall()),
      notAfter: new Date(this.#clock.wall() + LIFETIME_MS),
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      extensions: [alternatives],
    });
    this.#certificate = leaf.toString("pem");
  }

  /** Holds the signature, its nonce and its URL to what they must be; gives what was signed. */
  async #verified(url: string, init: RequestInit): Promise<Record<string, unknown>> {
    assert.equal(new Headers(init.headers).get("content-type"), "application/jose+json");
    const body: FlattenedJWSInput = JSON.parse(String(init.body));
    const jws = await flattenedVerify(body, async (header) => {
      const { jwk = this.#account, kid = ACCOUNT } = header!;
      assert.equal(kid, ACCOUNT);
      this.#account = jwk;
      return await importJWK(jwk, "ES256");
    });
    const { url: signed, nonce, jwk } = jws.protectedHeader!;
    assert.equal(signed, url);
    assert.equal(jwk !== undefined, url === `${BASE}/account`);
    assert.ok(!("d" in (jwk ?? {})), "the account's private key is shown");
    assert.ok(this.#nonces.delete(String(nonce)), "a nonce is used once");
    return JSON.parse(new TextDecoder().decode(jws.payload) || "{}");
  }
}
