import "reflect-metadata";
import assert from "node:assert/strict";
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
import type { ManualClock } from "./manual_clock.ts";

const BASE = "https://authority.test";
const ACCOUNT = `${BASE}/account/1`;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** How long its certificates are valid. */
export const LIFETIME_MS = 90 * DAY;

// Whoever waits is told not to: the clock stands still.
const AT_ONCE = { "retry-after": "0" };

/** What an authority answers other than it should: an error of its own where nothing is said. */
interface Fault {
  readonly status?: number;
  readonly type?: string;
  readonly detail?: string;
  readonly retryAfter?: string;
}

/** An authority that speaks ACME in this process, and holds clients to what RFC 8555 asks of them. */
export class ScriptedAuthority {
  readonly directoryUrl = `${BASE}/directory`;
  /** Every path that was asked. */
  readonly asked: string[] = [];
  readonly contacts: unknown[] = [];
  /** What the next requests to a path are answered with. */
  readonly faults = new Map<string, Fault[]>();
  issued = 0;
  readonly #clock: ManualClock;
  readonly #visit: (url: string) => Promise<Response>;
  readonly #nonces = new Set<string>();
  #account: JWK = {};
  #isKnown = false;
  #domains: readonly string[] = [];
  /** The state of each domain's proof. */
  #proofs: string[] = [];
  #certificate = "";

  /** `visit` asks a URL of the client's domains. */
  constructor(clock: ManualClock, visit: (url: string) => Promise<Response>) {
    this.#clock = clock;
    this.#visit = visit;
  }

  /** Takes requests in the place of the network. */
  readonly fetch = (async (input: string | URL | Request, init?: RequestInit) => {
    const url = new URL(String(input));
    const path = url.pathname;
    this.asked.push(path);
    const fault = this.faults.get(path)?.shift();
    if (fault !== undefined) {
      const type = "urn:ietf:params:acme:error:serverInternal";
      const { status = 500, retryAfter, ...problem } = fault;
      const headers = { ...(retryAfter && { "retry-after": retryAfter }) };
      return this.#answer(status, { type, detail: "", ...problem }, headers);
    }
    if (path === "/directory") {
      const [newNonce, newAccount] = [`${BASE}/nonce`, `${BASE}/account`];
      return this.#answer(200, { newNonce, newAccount, newOrder: `${BASE}/order` });
    }
    if (path === "/nonce") return this.#answer(200);
    return await this.#take(path, await this.#verified(url, init));
  }) as typeof fetch;

  async #take(path: string, payload: Record<string, unknown>): Promise<Response> {
    const [, of, at = 0] = /^\/(authorization|challenge)\/(\d+)$/.exec(path) ?? [];
    if (of === "authorization") return this.#answer(200, this.#authorization(Number(at)), AT_ONCE);
    if (of === "challenge") {
      await this.#look(Number(at));
      return this.#answer(200);
    }
    switch (path) {
      case "/account":
      case "/account/1":
        assert.equal(payload["termsOfServiceAgreed"], true);
        this.contacts.push(payload["contact"]);
        return this.#answer(this.#isKnown ? 200 : 201, { status: "valid" }, { location: ACCOUNT });
      case "/order":
        this.#domains = (payload["identifiers"] as { value: string }[]).map(({ value }) => value);
        this.#proofs = this.#domains.map(() => "pending");
        this.#certificate = "";
        return this.#answer(201, this.#order(), { location: `${BASE}/order/1`, ...AT_ONCE });
      case "/finalize":
        await this.#issue(String(payload["csr"]));
        return this.#answer(200, this.#order(), AT_ONCE);
      case "/order/1":
        return this.#answer(200, this.#order(), AT_ONCE);
      case "/certificate":
        return this.#answer(200, this.#certificate);
      default:
        throw new Error(`Nobody asks ${path}`);
    }
  }

  #order() {
    const isReady = this.#proofs.every((proof) => proof === "valid");
    return {
      status: this.#certificate !== "" ? "valid" : isReady ? "ready" : "pending",
      authorizations: this.#domains.map((_, at) => `${BASE}/authorization/${at}`),
      finalize: `${BASE}/finalize`,
      ...(this.#certificate !== "" && { certificate: `${BASE}/certificate` }),
    };
  }

  #authorization(at: number) {
    const error = { detail: "the domain leads elsewhere" };
    const http = { type: "http-01", url: `${BASE}/challenge/${at}`, token: this.#token(at) };
    return {
      status: this.#proofs[at],
      identifier: { type: "dns", value: this.#domains[at] },
      challenges: [
        // It has no token.
        { type: "dns-persist-01", url: `${BASE}/dns` },
        { ...http, ...(this.#proofs[at] === "invalid" && { error }) },
      ],
    };
  }

  #token(at: number): string {
    return `token-${this.issued}-${at}`;
  }

  async #look(at: number): Promise<void> {
    const token = this.#token(at);
    const url = `http://${this.#domains[at]}/.well-known/acme-challenge/${token}`;
    const response = await this.#visit(url);
    const wanted = `${token}.${await calculateJwkThumbprint(this.#account)}`;
    const isProved = await response.text() === wanted && response.status === 200;
    this.#proofs[at] = isProved ? "valid" : "invalid";
  }

  async #issue(csr: string): Promise<void> {
    const bytes = Uint8Array.fromBase64(csr, { alphabet: "base64url" });
    const request = new Pkcs10CertificateRequest(bytes);
    assert.ok(await request.verify());
    const alternatives = request.getExtension("2.5.29.17") as SubjectAlternativeNameExtension;
    assert.deepEqual(alternatives.names.toJSON().map(({ value }) => value), this.#domains);
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const leaf = await X509CertificateGenerator.create({
      serialNumber: `0${++this.issued}`,
      issuer: "CN=authority",
      notBefore: new Date(this.#clock.wall()),
      notAfter: new Date(this.#clock.wall() + LIFETIME_MS),
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [alternatives],
    });
    this.#certificate = leaf.toString("pem");
  }

  /** Holds the signature, its nonce and its URL to what they must be; gives what was signed. */
  async #verified(url: URL, init: RequestInit | undefined): Promise<Record<string, unknown>> {
    assert.equal(init?.method, "POST");
    assert.equal(new Headers(init?.headers).get("content-type"), "application/jose+json");
    const body: FlattenedJWSInput = JSON.parse(String(init?.body));
    const jws = await flattenedVerify(body, async (header) => {
      const { jwk, kid } = header!;
      if (jwk === undefined) assert.equal(kid, ACCOUNT);
      else {
        this.#isKnown = JSON.stringify(jwk) === JSON.stringify(this.#account);
        this.#account = jwk;
      }
      return await importJWK(this.#account, "ES256");
    });
    const { url: signed, nonce, jwk } = jws.protectedHeader!;
    assert.equal(signed, url.href);
    assert.equal(jwk !== undefined, url.pathname === "/account");
    assert.ok(!("d" in (jwk ?? {})), "the account's private key is shown");
    assert.ok(this.#nonces.delete(String(nonce)), "a nonce is used once");
    return JSON.parse(new TextDecoder().decode(jws.payload) || "{}");
  }

  #answer(status: number, body: unknown = {}, headers: Record<string, string> = {}): Response {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return new Response(text, { status, headers: { ...headers, "replay-nonce": nonce } });
  }
}
