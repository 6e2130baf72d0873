import { type Clock, type Log, type Outcome, sleep, TaskGroup } from "@qumo/shared/runtime";
import { exportJWK, generateKeyPair, type JWK } from "jose";
import type { LinkToken } from "../session/rights.ts";
import { readKeys, type VerifyingKey, withoutSecrets } from "./keys.ts";
import {
  IDENTITY_MISS_PAUSE_MS,
  IDENTITY_RETRY_MS,
  IDENTITY_WAIT_MS,
  MAX_CONTROLLER_KEYS,
  MAX_RELAY_TOKEN_MS,
} from "./limits.ts";
import { RelaySigner, type SigningKey } from "./relay_signer.ts";

/** What a controller says of a key of this relay's. */
export interface Identified {
  /** Its word for other relays that the key is this relay's. */
  readonly grant: string;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  /** What such words of other relays are verified with. */
  readonly keys: readonly JWK[];
}

/** Asks a controller whose key this is. Never rejects. */
export type Identify = (key: JWK) => Promise<Outcome<Identified, string>>;

/** The dependencies of a {@linkcode ControllerIdentity}. */
export interface ControllerIdentityParts {
  readonly tokenLifetimeMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Who this relay is by the word of its controller, and who others are: a key that nobody else has,
 * and what the controller said of it last.
 */
export class ControllerIdentity {
  readonly #parts: ControllerIdentityParts;
  readonly #key: JWK & { readonly alg: string };
  readonly #tasks: TaskGroup;
  // By their ids, with the time until which something that they signed may be shown.
  readonly #known = new Map<string, { readonly key: VerifyingKey; readonly until: number }>();
  readonly #first = Promise.withResolvers<void>();
  #ask: (() => Promise<number>) | undefined;
  #grant: string | undefined;
  #missedAt = -Infinity;
  #isRefused = false;

  /** Makes a key. */
  static async make(parts: ControllerIdentityParts): Promise<ControllerIdentity> {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    return new ControllerIdentity(parts, { ...await exportJWK(privateKey), alg: "ES256" });
  }

  private constructor(parts: ControllerIdentityParts, key: JWK & { readonly alg: string }) {
    this.#parts = parts;
    this.#key = key;
    this.#tasks = new TaskGroup((task, error) => parts.log.error(`${task} failed`, { error }));
  }

  /** The keys of controllers that count now. */
  get keys(): readonly VerifyingKey[] {
    const now = this.#parts.clock.wall();
    for (const [id, { until }] of this.#known) if (until <= now) this.#known.delete(id);
    return [...this.#known.values()].map(({ key }) => key);
  }

  /** Asks the controller, and again before what it says is over. */
  begin(identify: Identify): void {
    const { clock } = this.#parts;
    const { alg: _, ...shown } = withoutSecrets(this.#key);
    this.#ask = async () => await this.#learn(await identify(shown));
    this.#tasks.spawn("identity", async (signal) => {
      while (!signal.aborted) await sleep(clock, await this.#ask!(), signal);
    });
  }

  /** Somebody shows what an unknown controller said: there may be a new key. */
  async missed(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - this.#missedAt < IDENTITY_MISS_PAUSE_MS) return;
    this.#missedAt = now;
    await this.#ask?.();
  }

  /** What this relay shows to the one that it calls. */
  tokenFor(name: string, audience: string): LinkToken {
    const { clock, log, tokenLifetimeMs: lifetimeMs } = this.#parts;
    const key = () => this.#signing();
    return new RelaySigner({ key, name, lifetimeMs, clock, log }).tokenFor(audience);
  }

  /** Asks no more. */
  async close(): Promise<void> {
    this.#first.resolve();
    await this.#tasks.close();
  }

  /** Takes in an answer; gives the time until the next question in milliseconds. */
  async #learn(answer: Outcome<Identified, string>): Promise<number> {
    const { clock, log } = this.#parts;
    if (!answer.ok) {
      if (!this.#isRefused) {
        log.warn("the controller does not say who this relay is", { reason: answer.refusal });
      }
      this.#isRefused = true;
      return IDENTITY_RETRY_MS;
    }
    const { grant, expiresAt, keys } = answer.value;
    const now = clock.wall();
    const lasts = Math.min(Math.max(expiresAt - now, 0), MAX_RELAY_TOKEN_MS);
    const read = await readKeys(JSON.stringify({ keys: keys.slice(0, MAX_CONTROLLER_KEYS) }));
    for (const key of read) {
      if (key.keyId !== undefined) this.#known.set(key.keyId, { key, until: now + 2 * lasts });
    }
    const [oldest] = this.#known.keys();
    if (this.#known.size > MAX_CONTROLLER_KEYS) this.#known.delete(oldest!);
    this.#grant = grant;
    this.#first.resolve();
    if (this.#isRefused) log.info("the controller says who this relay is");
    this.#isRefused = false;
    return Math.max(lasts / 2, IDENTITY_RETRY_MS);
  }

  /** A link that is called at the start waits for the first answer. */
  async #signing(): Promise<SigningKey> {
    const late = Promise.withResolvers<void>();
    const timer = this.#parts.clock.after(IDENTITY_WAIT_MS, late.resolve);
    await Promise.race([this.#first.promise, late.promise]);
    timer.cancel();
    if (this.#grant === undefined) throw new Error("no controller says yet who this relay is");
    return { key: this.#key, grant: this.#grant };
  }
}
