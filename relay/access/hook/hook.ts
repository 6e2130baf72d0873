import {
  addressKey,
  type Clock,
  done,
  LimitedLog,
  type Log,
  type Outcome,
  refused,
} from "@qumo/shared/runtime";
import type { Denial } from "../denial.ts";
import { nameOf, sha256Of, untilOf } from "../in_force.ts";
import { LeasedPolicy } from "../leased_policy.ts";
import {
  HOOK_FAILURES,
  HOOK_PAUSE_MS,
  HOOK_REFUSAL_MS,
  MAX_HOOK_ANSWERS,
  MAX_HOOK_REQUESTS,
  MAX_HOOK_WAITING,
  MAX_WAITING_PER_ADDRESS,
} from "../limits.ts";
import type { Policy } from "../policy.ts";
import type { Peer } from "../judge.ts";
import { CircuitBreaker } from "./circuit_breaker.ts";
import type { Allowed, HookClient, Question } from "./hook_client.ts";
import { Turns } from "./turns.ts";

/** How often a hook was asked, by what came of it. */
export type HookCounts = Record<"allowed" | "refused" | "failed" | "kept" | "not_asked", number>;

/** The dependencies of {@linkcode Hook}. */
export interface HookParts {
  readonly client: Pick<HookClient, "ask">;
  readonly clock: Pick<Clock, "now" | "wall">;
  readonly clockSkewMs: number;
  readonly log: Log;
  readonly counts: HookCounts;
}

/** An answer that is kept, for as long as it counts. */
interface Kept {
  readonly verdict: Outcome<LeasedPolicy, Denial>;
  /** When a refusal is over; what is allowed knows itself. */
  readonly until: number;
}

/**
 * Lets another program decide. Its answers are kept while they last, each for the very question that
 * it answered; who asks the same at the same time shares one request. Nobody comes in by it while it
 * fails.
 */
export class Hook {
  readonly #parts: HookParts;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<Outcome<Policy, Denial>>>();
  readonly #breaker = new CircuitBreaker({ failures: HOOK_FAILURES, pauseMs: HOOK_PAUSE_MS });
  readonly #turns = new Turns({
    atOnce: MAX_HOOK_REQUESTS,
    waiting: MAX_HOOK_WAITING,
    waitingPerKey: MAX_WAITING_PER_ADDRESS,
  });
  readonly #strange: LimitedLog;

  constructor(parts: HookParts) {
    this.#parts = parts;
    this.#strange = new LimitedLog(parts.log, parts.clock);
  }

  /** What a peer may do with a token, or without one. Never rejects. */
  async ask(
    { path, remoteAddress, protocol }: Peer,
    token?: string,
  ): Promise<Outcome<Policy, Denial>> {
    // What cannot be written into the question as it is would be another token.
    if (token !== undefined && !/^[\x20-\x7e]+$/.test(token)) return refused(NO_TEXT);
    const question = {
      path: path.split("?")[0]!,
      ...(token !== undefined && { token }),
      remote_address: hostOf(remoteAddress),
      dialect: protocol,
    };
    const key = sha256Of(JSON.stringify(question));
    const kept = this.#keptFor(key);
    if (kept !== undefined) {
      this.#parts.counts.kept++;
      return kept;
    }
    const shared = this.#asking.get(key);
    if (shared !== undefined) {
      this.#parts.counts.kept++;
      return await shared;
    }
    const asked = this.#first(key, question).finally(() => this.#asking.delete(key));
    this.#asking.set(key, asked);
    return await asked;
  }

  #keptFor(key: string): Outcome<Policy, Denial> | undefined {
    const kept = this.#kept.get(key);
    if (kept === undefined) return undefined;
    const { verdict, until } = kept;
    if (Math.min(until, verdict.ok ? verdict.value.until : until) > this.#parts.clock.wall()) {
      return verdict;
    }
    this.#kept.delete(key);
    return undefined;
  }

  async #first(key: string, question: Question): Promise<Outcome<Policy, Denial>> {
    const { clock } = this.#parts;
    const name = question.token === undefined ? `none ${key.slice(0, 8)}` : nameOf(question.token);
    const ask = () => this.#request(question, name);
    const answer = await ask();
    if (answer === undefined) return refused(NO_ANSWER);
    const verdict = answer.ok ? done(new LeasedPolicy(answer.value, ask, clock)) : answer;
    const until = answer.ok ? Infinity : clock.wall() + HOOK_REFUSAL_MS;
    const [oldest] = this.#kept.keys();
    if (this.#kept.size >= MAX_HOOK_ANSWERS) this.#kept.delete(oldest!);
    this.#kept.set(key, { verdict, until });
    return verdict;
  }

  /** Asks the hook; undefined when it does not answer, or must not be asked. */
  async #request(question: Question, name: string): Promise<Outcome<Policy, Denial> | undefined> {
    const { client, counts, clock } = this.#parts;
    const who = addressKey(question.remote_address);
    const answer = await this.#turns.run(who, async () => {
      if (!this.#breaker.enter(who, clock.now())) return undefined;
      return this.#heard(await client.ask(question), who);
    });
    if (answer === undefined) counts.not_asked++;
    else counts[answer.kind]++;
    switch (answer?.kind) {
      case "allowed":
        return this.#policyOf(answer.allowed, name);
      case "refused":
        return refused({ kind: "unauthorized", reason: `the hook refuses token ${name}` });
    }
    return undefined;
  }

  /** Remembers how it went, and says when that changes. */
  #heard<T extends Awaited<ReturnType<HookClient["ask"]>>>(answer: T, who: string): T {
    const { log, clock } = this.#parts;
    if (answer.kind !== "failed" || answer.isOfQuestion) {
      if (this.#breaker.succeed()) log.info("the hook of `auth.hook` answers again");
      if (answer.kind !== "failed") return answer;
      this.#strange.info("an answer of the hook of `auth.hook` lets nobody in", {
        reason: answer.reason,
      });
    } else if (this.#breaker.fail(who, clock.now())) {
      const { reason } = answer;
      log.warn("the hook of `auth.hook` fails, nobody comes in by it", { reason });
    } else if (!this.#breaker.isOpen) {
      log.info("the hook of `auth.hook` failed", { reason: answer.reason });
    }
    return answer;
  }

  #policyOf(allowed: Allowed, name: string): Outcome<Policy, Denial> {
    const tokenId = allowed.tokenId ?? name;
    const until = untilOf(allowed, tokenId, this.#parts);
    if (!until.ok) {
      // It may answer otherwise the next time.
      const { kind, reason } = until.refusal;
      return refused({ kind, reason });
    }
    const { holder, rules, limits, isRelay, lifetimeMs } = allowed;
    const lasts = this.#parts.clock.wall() + lifetimeMs;
    return done({
      holder: { ...holder, tokenId },
      rules,
      limits,
      isRelay,
      until: Math.min(until.value, lasts),
    });
  }
}

/** An address without its port, which is another one each time; those of HTTP come without. */
function hostOf(address: string): string {
  const { host } = /^\[(?<host>.*)\](:\d+)?$|^(?<host>[^:]*):\d+$/.exec(address)?.groups ?? {};
  return host ?? address;
}

const NO_TEXT: Denial = { kind: "malformed_auth_token", reason: "the token is no printable ASCII" };

const NO_ANSWER: Denial = { kind: "unauthorized", reason: "the hook that decides does not answer" };
