import "reflect-metadata";
import assert from "node:assert/strict";
import {
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import {
  calculateJwkThumbprint,
  type FlattenedJWSInput,
  flattenedVerify,
  importJWK,
  type JWK,
  type JWSHeaderParameters,
} from "jose";
import type { ManualClock } from "./manual_clock.ts";

const BASE = "https://authority.test";
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 86_400_000;

/** How long its certificates are valid. */
export const LIFETIME_MS = 90 * DAY;

/** What an authority does other than it should. */
export interface Fault {
  readonly status: number;
  readonly type: string;
  readonly detail: string;
  readonly retryAfter?: string;
}

interface Asked {
  readonly path: string;
  readonly payload: Record<string, unknown>;
  readonly account: JWK;
}

/** An authority that speaks ACME in this process, and holds clients to what RFC 8555 asks of them. */
export class ScriptedAuthority {
  readonly directoryUrl = `${BASE}/directory`;
  /** Every path that was asked, with its method. */
  readonly asked: string[] = [];
  readonly contacts: unknown[] = [];
  /** What the next requests to a path are answered with. */
  readonly faults = new Map<string, Fault[]>();
  issued = 0;
  readonly #clock: ManualClock;
  readonly #visit: (url: string) => Promise<Response>;
  readonly #nonces = new Set<string>();
  readonly #accounts = new Map<string, JWK>();
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
    this.asked.push(`${init?.method ?? "GET"} ${path}`);
    const fault = this.faults.get(path)?.shift();
    if (fault !== undefined) {
      const { status, retryAfter, ...problem } = fault;
      const headers = new Headers({ "replay-nonce": this.#newNonce() });
      if (retryAfter !== undefined) headers.set("retry-after", retryAfter);
      return Response.json(problem, { status, headers });
    }
    if (path === "/directory") return this.#answer(200, this.#directory());
    if (path === "/nonce") return this.#answer(200, undefined);
    return await this.#take(await this.#verified(url, init));
  }) as typeof fetch;

  #directory() {
    return { newNonce: `${BASE}/nonce`, newAccount: `${BASE}/account`, newOrder: `${BASE}/order` };
  }

  async #take({ path, payload, account }: Asked): Promise<Response> {
    const [, of, at = 0] = /^\/(authorization|challenge)\/(\d+)$/.exec(path) ?? [];
    if (of === "authorization") return this.#answer(200, this.#authorization(Number(at)));
    if (of === "challenge") {
      await this.#look(Number(at), account);
      return this.#answer(200, {});
    }
    switch (path) {
      case "/account":
      case "/account/1":
        assert.equal(payload["termsOfServiceAgreed"], true);
        this.contacts.push(payload["contact"]);
        return this.#answer(this.#isKnown ? 200 : 201, { status: "valid" }, `${BASE}/account/1`);
      case "/order":
        this.#domains = (payload["identifiers"] as { value: string }[]).map(({ value }) => value);
        this.#proofs = this.#domains.map(() => "pending");
        this.#certificate = "";
        return this.#answer(201, this.#order(), `${BASE}/order/1`);
      case "/order/1":
        return this.#answer(200, this.#order());
      case "/finalize":
        await this.#issue(String(payload["csr"]));
        return this.#answer(200, this.#order());
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

  async #look(at: number, account: JWK): Promise<void> {
    const token = this.#token(at);
    const url = `http://${this.#domains[at]}/.well-known/acme-challenge/${token}`;
    const response = await this.#visit(url);
    const text = await response.text();
    const wanted = `${token}.${await calculateJwkThumbprint(account)}`;
    this.#proofs[at] = response.status === 200 && text === wanted ? "valid" : "invalid";
  }

  async #issue(csr: string): Promise<void> {
    const request = new Pkcs10CertificateRequest(
      Uint8Array.fromBase64(csr, { alphabet: "base64url" }),
    );
    assert.ok(await request.verify());
    const names = (request.getExtension("2.5.29.17") as SubjectAlternativeNameExtension).names
      .toJSON();
    assert.deepEqual(names.map(({ value }) => value), this.#domains);
    const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
    const leaf = await X509CertificateGenerator.create({
      serialNumber: `0${++this.issued}`,
      issuer: "CN=authority",
      subject: "",
      notBefore: new Date(this.#clock.wall()),
      notAfter: new Date(this.#clock.wall() + LIFETIME_MS),
      publicKey: request.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: ALGORITHM,
      extensions: [
        new SubjectAlternativeNameExtension(
          this.#domains.map((value) => ({ type: "dns" as const, value })),
          true,
        ),
      ],
    });
    this.#certificate = leaf.toString("pem");
  }

  /** Holds the signature, its nonce and its URL to what they must be. */
  async #verified(url: URL, init: RequestInit | undefined): Promise<Asked> {
    assert.equal(init?.method, "POST");
    assert.equal(new Headers(init?.headers).get("content-type"), "application/jose+json");
    const jws: FlattenedJWSInput = JSON.parse(String(init?.body));
    const { payload, protectedHeader } = await flattenedVerify(
      jws,
      async (header: JWSHeaderParameters) => {
        const jwk = header?.["jwk"] as JWK | undefined;
        if (jwk !== undefined) {
          const known = this.#accounts.get(`${BASE}/account/1`);
          this.#isKnown = JSON.stringify(jwk) === JSON.stringify(known);
          this.#accounts.set(`${BASE}/account/1`, jwk);
        }
        return await importJWK(jwk ?? this.#accounts.get(String(header?.kid))!, "ES256");
      },
    );
    assert.equal(protectedHeader?.["url"], url.href);
    assert.equal("jwk" in protectedHeader!, url.pathname === "/account");
    assert.equal(
      protectedHeader?.["jwk"] && "d" in (protectedHeader["jwk"] as JWK),
      url.pathname === "/account" ? false : undefined,
    );
    assert.ok(this.#nonces.delete(String(protectedHeader?.["nonce"])), "a nonce is used once");
    const text = new TextDecoder().decode(payload);
    return {
      path: url.pathname,
      payload: text === "" ? {} : JSON.parse(text),
      account: this.#accounts.get(`${BASE}/account/1`)!,
    };
  }

  #answer(status: number, body: unknown, location = ""): Response {
    const text = typeof body === "string" ? body : JSON.stringify(body ?? null);
    // Whoever waits is told not to: the clock stands still.
    const headers = { "replay-nonce": this.#newNonce(), "retry-after": "0" };
    return new Response(text, { status, headers: { ...headers, ...(location && { location }) } });
  }

  #newNonce(): string {
    const nonce = crypto.randomUUID();
    this.#nonces.add(nonce);
    return nonce;
  }
}
