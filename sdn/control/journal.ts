import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import {
  type AccessEntry,
  type Adoption,
  type Command,
  type CommandAnswer,
  isLeaseEnd,
  type Registry,
  type Step,
  type StoredRelay,
} from "../registry/mod.ts";
import { type Store, StoreConflict } from "../store/types.ts";
import { LOOK_MS } from "./limits.ts";
import { Stalls } from "./stalls.ts";

/** Attempts at a command while other controllers change the same relay (optimistic concurrency). */
const MAX_ATTEMPTS = 5;

/**
 * The result of storing a step: stored, void because another controller's change won, or failed.
 */
type Fate = "kept" | "void" | "failed";

/** A step that is being stored; steps before it may not be published yet. */
interface Pending {
  readonly step: Step;
  readonly fate: Promise<Fate>;
  /** Whether the step is published even when it was not stored. */
  readonly isPublished: boolean;
  readonly settled: PromiseWithResolvers<Fate>;
}

/** The dependencies of {@linkcode Journal}. */
export interface JournalOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  /**
   * Receives each step as soon as the registry has it: readers see a change before its writer is
   * answered.
   */
  readonly graphs: { take(step: Step): void };
  /** Receives each step in order of revision, once it is stored or void. */
  readonly publisher: {
    publish(step: Step): void;
    pass(step: Step): void;
    /** What watchers will be told of it, for a store that keeps it. */
    text(step: Step): string;
  };
  /** Receives the result of each write to the store. */
  readonly storeHealth: {
    /** The store wrote a batch, in so many milliseconds. */
    stored(milliseconds: number): void;
    failed(error: unknown): void;
  };
}

/**
 * The only path by which the registry changes: expire leases, apply, store, publish, answer. It
 * also expires leases on time, not only when the next command comes.
 */
export class Journal {
  readonly #options: JournalOptions;
  #expiry: { readonly at: number; readonly timer: Timer } | undefined;
  readonly #stalls = new Stalls();
  #isDeaf: () => boolean = () => false;
  #closed = false;
  readonly #pending: Pending[] = [];
  #publishing: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    options.store.follow((given) => this.#reconcile(given));
    options.store.followAccess((key, entry, isUndone) => {
      if (this.#closed) return;
      this.#publishStored(options.registry.reconcileAccess(key, entry), isUndone);
    });
    this.#watchDeadline();
  }

  /** Applies a command; resolves once its change is stored and published. */
  async submit(command: Command): Promise<Outcome<CommandAnswer, Refusal>> {
    const { registry, clock, store } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // A shared store that lacks its quorum refuses writes: apply nothing, not even for a moment.
      if (store.sharing !== undefined && !store.healthy) break;
      this.#expire();
      const ready = registry.apply(command, clock.now());
      this.#watchDeadline();
      if (!ready.ok) return ready;
      const { step, renews, answer } = ready.value;
      let fate: Fate = step === undefined ? "kept" : await this.#keep(step);
      if (fate === "kept" && renews !== undefined && store.sharing !== undefined) {
        fate = await this.#fateOf(store.sharing.renew(renews));
      }
      if (fate === "kept") return done(answer);
      if (fate === "failed") break;
    }
    return refused(refusal("unavailable", "The change could not be stored; try again"));
  }

  /**
   * Applies what another controller replicated, after merging it with the local state by `merge`.
   */
  async adopt(adoptions: readonly Adoption[]): Promise<void> {
    const { registry, clock } = this.#options;
    this.#expire();
    const step = registry.adopt(adoptions, clock.now());
    this.#watchDeadline();
    if (step !== undefined) await this.#keep(step);
  }

  /** Merges what another controller knows about access. */
  async adoptAccess(entries: readonly AccessEntry[]): Promise<void> {
    const { registry, clock } = this.#options;
    const step = registry.adoptAccess(entries, clock.wall());
    if (step !== undefined) await this.#keep(step);
  }

  /** While `isDeaf`, relays may be heard elsewhere without this controller being told of it. */
  hearElsewhere(isDeaf: () => boolean): void {
    this.#isDeaf = isDeaf;
  }

  /** Makes a new revision because a damped cost took effect. */
  settle(): void {
    void this.#keep(this.#options.registry.settle());
  }

  /** Expires leases that are over, so that a reader does not see them. */
  expire(): void {
    this.#expire();
    this.#watchDeadline();
  }

  /** Stops the timer for leases and waits until every step is stored and published. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry?.timer.cancel();
    await this.#publishing;
  }

  #expire(): void {
    const { registry, clock } = this.#options;
    const now = clock.now();
    this.#stalls.look(now);
    const { totalMs } = this.#stalls;
    const step = registry.expire(now, {
      totalMs,
      isBusy: this.#stalls.isBusy(now) || this.#isDeaf(),
    });
    if (step !== undefined) void this.#keep(step);
  }

  #reconcile(given: StoredRelay): void {
    if (this.#closed) return;
    const { registry, clock } = this.#options;
    const step = registry.reconcile(given, clock.now());
    this.#watchDeadline();
    this.#publishStored(step, given.isUndone);
  }

  #publishStored(step: Step | undefined, isUndone: boolean): void {
    const { store } = this.#options;
    if (step === undefined) return;
    this.#options.graphs.take(step);
    // Undoing a change that was never published needs no publication.
    const isPublished = store.sharing !== undefined || !isUndone;
    void this.#publish(step, {
      fate: Promise.resolve(isPublished ? "kept" : "failed"),
      isPublished,
    });
  }

  #keep(step: Step): Promise<Fate> {
    const { store, graphs, publisher } = this.#options;
    graphs.take(step);
    const told = store.keepsTold ? publisher.text(step) : undefined;
    // A shared store's change by another controller may be in the same step; it is published too.
    const isPublished = store.sharing !== undefined || step.changes.some(isLeaseEnd);
    return this.#publish(step, { fate: this.#fateOf(store.append(step, told)), isPublished });
  }

  /** Resolves when the store has decided and every earlier step is published. */
  #publish(step: Step, how: Pick<Pending, "fate" | "isPublished">): Promise<Fate> {
    const settled = Promise.withResolvers<Fate>();
    this.#pending.push({ step, ...how, settled });
    this.#publishing ??= this.#publishPending();
    return settled.promise;
  }

  /** Publishes steps in order of revision as the store finishes them. */
  async #publishPending(): Promise<void> {
    const { publisher } = this.#options;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const { step, isPublished, settled } = next;
      const fate = await next.fate;
      try {
        if (fate === "kept" || isPublished) publisher.publish(step);
        else publisher.pass(step);
        settled.resolve(fate);
      } catch (error) {
        // An error belongs to its step: later steps are published all the same.
        settled.reject(error);
      }
    }
    this.#publishing = undefined;
  }

  #fateOf(kept: Promise<void>): Promise<Fate> {
    const { clock, storeHealth } = this.#options;
    const began = clock.now();
    return kept.then(() => {
      storeHealth.stored(clock.now() - began);
      return "kept";
    }, (error) => {
      if (error instanceof StoreConflict) return "void";
      storeHealth.failed(error);
      return "failed";
    });
  }

  #watchDeadline(): void {
    const { clock, registry } = this.#options;
    const due = registry.nextDeadline;
    if (this.#closed || due === undefined) return;
    // Looks more often than anything is due, to see whether it can look in time.
    const at = Math.min(due, clock.now() + LOOK_MS);
    // A timer that fires too early finds nothing due and is set again, so that a heartbeat sets no
    // timer.
    if (this.#expiry !== undefined && this.#expiry.at <= at) return;
    this.#expiry?.timer.cancel();
    const timer = clock.after(at - clock.now(), () => {
      this.#expire();
      this.#expiry = undefined;
      this.#stalls.expect(undefined);
      this.#watchDeadline();
    });
    this.#expiry = { at, timer };
    this.#stalls.expect(at);
  }
}
