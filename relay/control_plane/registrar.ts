import { type Clock, type Log, sleep } from "@qumo/shared/runtime";
import type { TenantUsage } from "@qumo/shared/topology/access_schemas";
import * as z from "zod";
import type { ControllerClient, ControllerFault } from "./controller_client.ts";
import { type Controllers, Retry } from "./controllers.ts";
import { type Epoch, epochAfter } from "./epoch.ts";
import { acceptedSchema, type Heartbeat, type RelayReport } from "./heartbeat.ts";
import { MAX_EPOCHS_IN_A_ROW } from "./limits.ts";
import { SingleAnnounces } from "./single_announces.ts";

/** What a registrar works with. */
export interface RegistrarOptions {
  readonly name: string;
  readonly epoch: Epoch;
  readonly heartbeat: Heartbeat;
  readonly client: ControllerClient;
  readonly controllers: Controllers;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Called for each heartbeat. */
  readonly report: () => RelayReport;
  /** The announces of this relay, for a controller whose heartbeats do not carry them. */
  readonly announces: () => readonly string[];
  /** A heartbeat was accepted by the controller at `url`; `isNews` if the one before it was not. */
  readonly onAccepted: (url: string, isNews: boolean) => void;
  /** Receives what tenants use at all other relays. */
  readonly onUsed?: (elsewhere: readonly TenantUsage[]) => void;
  /**
   * Aborted when even a heartbeat that is under way must stop. Until then it may finish, because
   * the controller may or may not have received one that is cut off.
   */
  readonly cut: AbortSignal;
}

/** The part of the controller's relay entry that tells which process registered it. */
const registrationSchema = z.object({ epoch: z.number(), state: z.string() });
const anything = z.unknown();

type Removal = "done" | "again" | "failed";

/**
 * Keeps this relay registered. Sends one heartbeat at a time: at once when something changed, after
 * a failure only when the wait is over. It owns every retry of a heartbeat.
 */
export class Registrar {
  readonly #options: RegistrarOptions;
  readonly #retry: Retry;
  readonly #path: string;
  #isChanged = false;
  // The current wait: a calm one ends when something changes, one after a failure only when a
  // controller answers again.
  #pause: { readonly stop: AbortController; readonly isCalm: boolean } | undefined;
  #wasSent = false;
  readonly #single: SingleAnnounces;
  #isFenced = false;
  /** Whether the controller that accepted the last heartbeat is an older program than this relay. */
  #isOutdated = false;
  #hasRival = false;
  #epochsInARow = 0;
  #problem: ControllerFault | undefined;
  #acceptedAt: number | undefined;
  #failures = 0;

  constructor(options: RegistrarOptions) {
    this.#options = options;
    this.#retry = new Retry(options.controllers, options);
    this.#single = new SingleAnnounces(options);
    this.#path = `/relay/${encodeURIComponent(options.name)}`;
  }

  /** The clock's time of the last accepted heartbeat. */
  get acceptedAt(): number | undefined {
    return this.#acceptedAt;
  }

  /** Why the relay is not registered now. */
  get problem(): ControllerFault | undefined {
    return this.#problem;
  }

  /** Whether the controller is an older program that only supports registrations. */
  get isOutdated(): boolean {
    return this.#isOutdated;
  }

  /** Whether an older process claims this relay's name as well. */
  get hasRival(): boolean {
    return this.#hasRival;
  }

  /** Number of heartbeats that have failed. */
  get failures(): number {
    return this.#failures;
  }

  /** Sends heartbeats until `signal` is aborted; one that is under way may finish. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#isChanged = false;
      const wait = await this.#beat();
      await this.#rest(wait, signal);
    }
  }

  /** The report has changed: the next heartbeat is due at once. */
  changed(): void {
    this.#isChanged = true;
    if (this.#pause?.isCalm) this.#pause.stop.abort();
  }

  /** A controller answers other requests again: ends a wait after a failure. */
  reachable(): void {
    if (this.#pause?.isCalm === false && !this.#isFenced) this.#pause.stop.abort();
  }

  /** No other process has this relay's name any more: registers at once. */
  nameFreed(): void {
    if (this.#isFenced) this.#pause?.stop.abort();
  }

  /**
   * Deregisters this relay, unless another process has its name by now. Bounded by `signal`; never
   * rejects.
   */
  async deregister(signal: AbortSignal): Promise<void> {
    if (!this.#wasSent || this.#isFenced) return;
    if (this.#isOutdated) await this.#single.withdrawAll(signal);
    for (const url of this.#options.controllers.inOrder) {
      let outcome: Removal = "again";
      while (outcome === "again" && !signal.aborted) outcome = await this.#remove(url, signal);
      if (outcome === "done") return;
    }
  }

  /** Whether the controller has the registration of this process, with a drain order. */
  async isDraining(signal: AbortSignal): Promise<boolean> {
    const { client, controllers, epoch } = this.#options;
    const request = { url: controllers.current, method: "GET", path: this.#path, signal } as const;
    const found = await client.ask(request, registrationSchema);
    if (!found.ok) return false;
    return found.value.value.epoch === epoch.value && found.value.value.state === "draining";
  }

  // If-Match with the entry's ETag: only this process's own registration is removed.
  async #remove(url: string, signal: AbortSignal): Promise<Removal> {
    const { client, epoch, log } = this.#options;
    const request = { url, path: this.#path, signal };
    const found = await client.ask({ ...request, method: "GET" }, registrationSchema);
    // A controller without epochs cannot tell whose registration it is.
    const isBlind = !found.ok && found.refusal.code === "not_understood" && this.#isOutdated;
    if (!found.ok && !isBlind) {
      return found.refusal.code === "relay_not_found" ? "done" : "failed";
    }
    if (found.ok && found.value.value.epoch !== epoch.value) return "done";
    const headers: Record<string, string> = found.ok
      ? { "if-match": found.value.headers.get("etag") ?? "*" }
      : {};
    const removed = await client.ask({ ...request, method: "DELETE", headers }, anything);
    if (removed.ok) log.info("deregistered", { controller: url });
    if (removed.ok || removed.refusal.code === "relay_not_found") return "done";
    return removed.refusal.code === "precondition_failed" ? "again" : "failed";
  }

  /**
   * Sends one heartbeat; returns how long to wait for the next one, and whether a change may cut
   * that wait short.
   */
  async #beat(): Promise<{ ms: number; isCalm: boolean }> {
    const { client, controllers, heartbeat, random, cut } = this.#options;
    const url = controllers.current;
    const beat = heartbeat.next(this.#options.report());
    this.#wasSent = true;
    const answer = await client.ask({
      url,
      method: "PUT",
      path: this.#path,
      body: beat.body,
      signal: cut,
    }, acceptedSchema);
    if (!answer.ok) return this.#refused(url, answer.refusal);
    const isDue = heartbeat.accepted(beat, answer.value.value);
    this.#options.onUsed?.(answer.value.value.tenants ?? []);
    this.#lookForAge(url, answer.value.value.revision);
    this.#lookForRival(url, answer.value.value.has_rival === true);
    this.#accepted(url);
    if (this.#isOutdated) await this.#single.tell(url, this.#options.announces(), cut);
    return { ms: isDue ? 0 : heartbeat.interval(random()), isCalm: true };
  }

  // Every `qumo-sdn` answers with its revision; an older controller does not.
  #lookForAge(url: string, revision: number | undefined): void {
    const isOutdated = revision === undefined;
    if (isOutdated && !this.#isOutdated) {
      this.#options.log.warn("controller is older than this relay: polling it", {
        controller: url,
        lacks: "events, drains, epochs, loads, certificates, alternate routes",
      });
    }
    this.#isOutdated = isOutdated;
  }

  // The other process notices by itself: it is refused.
  #lookForRival(url: string, hasRival: boolean): void {
    if (hasRival && !this.#hasRival) {
      this.#options.log.warn("an older process claims this relay's name too, and is refused", {
        controller: url,
        epoch: this.#options.epoch.value,
      });
    }
    this.#hasRival = hasRival;
  }

  #accepted(url: string): void {
    const { log, clock, onAccepted } = this.#options;
    const isNews = this.#acceptedAt === undefined || this.#problem !== undefined;
    if (isNews) log.info("registered at the controller", { controller: url });
    this.#problem = undefined;
    this.#isFenced = false;
    this.#epochsInARow = 0;
    this.#acceptedAt = clock.now();
    this.#retry.succeeded();
    onAccepted(url, isNews);
  }

  #refused(url: string, fault: ControllerFault): { ms: number; isCalm: boolean } {
    const { controllers, heartbeat, log, random, epoch } = this.#options;
    this.#failures++;
    heartbeat.refused();
    if (this.#beginsAnew(url, fault)) return { ms: 0, isCalm: false };
    const isNews = this.#problem?.code !== fault.code;
    this.#problem = fault;
    this.#hasRival = false;
    this.#isFenced = fault.code === "stale_epoch";
    if (this.#isFenced) {
      // The newer process keeps the name; this one waits until it is gone.
      if (isNews) {
        log.error("a newer process is registered under this relay's name", {
          controller: url,
          epoch: epoch.value,
          error: fault.message,
        });
      }
      return { ms: heartbeat.slowInterval(random()), isCalm: false };
    }
    if (isNews) {
      log.warn("cannot register at the controller", {
        controller: url,
        code: fault.code,
        error: fault.message,
      });
    }
    const isPutOff = fault.code === "rate_limited";
    if (!isPutOff) controllers.failed(url);
    const { retryAfterMs } = fault;
    const wait = this.#retry.failed();
    // Another controller need not be waited for, where this one is not to be used.
    const isSame = isPutOff || controllers.count === 1;
    if (!isSame || retryAfterMs === undefined) return { ms: wait, isCalm: false };
    return { ms: Math.max(wait, this.#retry.putOff(retryAfterMs)), isCalm: false };
  }

  /**
   * Renews the epoch when the controller refuses the current one and no other process has the name:
   * a clock was ahead, here or where the relay ran before.
   */
  #beginsAnew(url: string, fault: ControllerFault): boolean {
    const { epoch, heartbeat, log, report } = this.#options;
    const value = epochAfter(fault);
    if (value === undefined || this.#epochsInARow === MAX_EPOCHS_IN_A_ROW || report().draining) {
      this.#epochsInARow = 0;
      return false;
    }
    this.#epochsInARow++;
    log.warn(
      "registering with another epoch: a clock is wrong, here or where the relay ran before",
      {
        controller: url,
        code: fault.code,
        epoch: epoch.value,
        instead: value,
      },
    );
    epoch.renew(value);
    heartbeat.beganAnew();
    return true;
  }

  async #rest({ ms, isCalm }: { ms: number; isCalm: boolean }, signal: AbortSignal): Promise<void> {
    if (isCalm && this.#isChanged) return;
    const stop = new AbortController();
    this.#pause = { stop, isCalm };
    await sleep(this.#options.clock, ms, AbortSignal.any([signal, stop.signal]));
    this.#pause = undefined;
  }
}
