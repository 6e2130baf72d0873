import { type Clock, done, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import {
  type Adoption,
  type Command,
  type CommandAnswer,
  isLeaseEnd,
  type Registry,
  type Step,
  type StoredRelay,
} from "../registry/mod.ts";
import { type Store, StoreConflict } from "../store/types.ts";

/** How often a command is decided anew because another controller changed the relay meanwhile. */
const MAX_ATTEMPTS = 5;

/** What became of a step: kept, made void by another controller's, or not kept. */
type Fate = "kept" | "void" | "failed";

/** A step on its way: the store has it, and those before it may not be published yet. */
interface Pending {
  readonly step: Step;
  readonly fate: Promise<Fate>;
  /** Whether it is told even when it was not kept. */
  readonly isTold: boolean;
  readonly settled: PromiseWithResolvers<Fate>;
}

/** What a journal connects. */
export interface JournalOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  /** Given each step as soon as the registry has it: a reader sees a change before its writer is answered. */
  readonly graphs: { take(step: Step): void };
  /** Given each step once it is kept, or came to nothing, in the order of the revisions. */
  readonly publisher: { publish(step: Step): void; pass(step: Step): void };
  /** Told how the store does. */
  readonly storeHealth: {
    /** It kept something, in so many milliseconds. */
    stored(milliseconds: number): void;
    failed(error: unknown): void;
  };
}

/**
 * The one way in which the registry changes: expire what is due, apply, keep, publish, answer. It
 * also sees to it that leases end when they are over, and not when somebody next looks.
 */
export class Journal {
  readonly #options: JournalOptions;
  #expiry: { readonly at: number; readonly timer: Timer } | undefined;
  #closed = false;
  readonly #pending: Pending[] = [];
  #publishing: Promise<void> | undefined;

  constructor(options: JournalOptions) {
    this.#options = options;
    options.store.follow((given) => this.#reconcile(given));
    this.#watchDeadline();
  }

  /** Takes a command; the answer comes when its change is kept. */
  async submit(command: Command): Promise<Outcome<CommandAnswer, Refusal>> {
    const { registry, clock, store } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // Without the others' consent nothing changes, not even for a moment.
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

  /** Takes over what another controller knows, merged with what is known here by `merge`. */
  async adopt(adoptions: readonly Adoption[]): Promise<void> {
    const { registry, clock } = this.#options;
    this.#expire();
    const step = registry.adopt(adoptions, clock.now());
    this.#watchDeadline();
    if (step !== undefined) await this.#keep(step);
  }

  /** Makes a step of the revision for a cost that settled: a change that nobody reported. */
  settle(): void {
    void this.#keep(this.#options.registry.settle());
  }

  /** Ends what is due by now, so that a reader does not see it. */
  expire(): void {
    this.#expire();
    this.#watchDeadline();
  }

  /** Stops watching deadlines and waits until everything is kept and published. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#expiry?.timer.cancel();
    await this.#publishing;
  }

  #expire(): void {
    const { registry, clock } = this.#options;
    const step = registry.expire(clock.now());
    if (step !== undefined) void this.#keep(step);
  }

  #reconcile(given: StoredRelay): void {
    if (this.#closed) return;
    const { registry, clock, store } = this.#options;
    const step = registry.reconcile(given, clock.now());
    this.#watchDeadline();
    if (step === undefined) return;
    this.#options.graphs.take(step);
    // What was never told of needs no word that it is undone.
    const isTold = store.sharing !== undefined || !given.isUndone;
    void this.#publish(step, { fate: Promise.resolve(isTold ? "kept" : "failed"), isTold });
  }

  #keep(step: Step): Promise<Fate> {
    const { store, graphs } = this.#options;
    graphs.take(step);
    // What others have said to a shared store may be among what undoes it, and is told with it.
    const isTold = store.sharing !== undefined || step.changes.some(isLeaseEnd);
    return this.#publish(step, { fate: this.#fateOf(store.append(step)), isTold });
  }

  /** Resolves when the store has decided, and everything before the step is published too. */
  #publish(step: Step, how: Pick<Pending, "fate" | "isTold">): Promise<Fate> {
    const settled = Promise.withResolvers<Fate>();
    this.#pending.push({ step, ...how, settled });
    this.#publishing ??= this.#publishPending();
    return settled.promise;
  }

  /** Publishes in the order of the revisions, whatever each step waits for, until nothing waits. */
  async #publishPending(): Promise<void> {
    const { publisher } = this.#options;
    for (let next = this.#pending.shift(); next !== undefined; next = this.#pending.shift()) {
      const { step, isTold, settled } = next;
      const fate = await next.fate;
      try {
        if (fate === "kept" || isTold) publisher.publish(step);
        else publisher.pass(step);
        settled.resolve(fate);
      } catch (error) {
        // A fault is its own step's: those after it are published all the same.
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
    const at = this.#options.registry.nextDeadline;
    if (this.#closed || at === undefined) return;
    // A timer that fires too early finds nothing to do and is set again: heartbeats cost no timer.
    if (this.#expiry !== undefined && this.#expiry.at <= at) return;
    this.#expiry?.timer.cancel();
    const { clock } = this.#options;
    const timer = clock.after(at - clock.now(), () => {
      this.#expiry = undefined;
      this.expire();
    });
    this.#expiry = { at, timer };
  }
}
