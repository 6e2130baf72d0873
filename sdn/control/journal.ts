import { type Clock, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import {
  type Adoption,
  type Applied,
  type Batch,
  type Command,
  isLeaseEnd,
  type Registry,
  type StoredRelay,
} from "../registry/mod.ts";
import { type Store, StoreConflict } from "../store/mod.ts";

/** How often a command is decided anew because another controller changed the relay meanwhile. */
const MAX_ATTEMPTS = 5;

/** What became of a batch: kept, made void by another controller's, or not kept. */
type Fate = "kept" | "void" | "failed";

/** What a journal connects. */
export interface JournalOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  /** Told of each batch, in order, as soon as the registry has it. */
  readonly applied: (batch: Batch) => void;
  /** Told of each batch, in order, once it is kept. */
  readonly publish: (batch: Batch) => void;
  /** Told of each revision that came to nothing, in the same order. */
  readonly pass: (revision: number) => void;
  /** Told how long the store took to keep something, in milliseconds. */
  readonly onStored: (milliseconds: number) => void;
  /** Told when a batch could not be kept. */
  readonly onStoreFailure: (error: unknown) => void;
}

/**
 * The one way in which the registry changes: expire what is due, apply, keep, publish, answer. It
 * also sees to it that leases end when they are over, and not when somebody next looks.
 */
export class Journal {
  readonly #options: JournalOptions;
  #expiry: { readonly at: number; readonly timer: Timer } | undefined;
  #closed = false;
  #publishing: Promise<void> = Promise.resolve();

  constructor(options: JournalOptions) {
    this.#options = options;
    options.store.follow((given) => this.#reconcile(given));
    this.#watchDeadline();
  }

  /** Takes a command; the answer comes when its change is kept. */
  async submit(command: Command): Promise<Outcome<Applied, Refusal>> {
    const { registry, clock, store } = this.#options;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      // Without the others' consent nothing changes, not even for a moment.
      if (store.sharing !== undefined && !store.healthy) break;
      this.#expire();
      const outcome = registry.apply(command, clock.now());
      this.#watchDeadline();
      if (!outcome.ok) return outcome;
      const { batch } = outcome.value;
      let fate = batch === undefined ? "kept" : await this.#keep(batch);
      if (fate === "kept" && this.#isHeartbeat(command)) fate = await this.#renew(command);
      if (fate === "kept") return outcome;
      if (fate === "failed") break;
    }
    return refused(refusal("unavailable", "The change could not be stored; try again"));
  }

  /** Takes over what another controller knows, merged with what is known here by `merge`. */
  async adopt(adoptions: readonly Adoption[]): Promise<void> {
    const { registry, clock } = this.#options;
    this.#expire();
    const batch = registry.adopt(adoptions, clock.now());
    this.#watchDeadline();
    if (batch !== undefined) await this.#keep(batch);
  }

  /** Makes a step of the revision for a change that nobody reported. */
  step(): void {
    void this.#keep(this.#options.registry.step());
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
    const batch = registry.expire(clock.now());
    if (batch !== undefined) void this.#keep(batch);
  }

  /** Keeps a batch, and publishes it when it is in force. */
  #keep(batch: Batch): Promise<Fate> {
    const { store, applied } = this.#options;
    applied(batch);
    // What others have said to a shared store may be among what undoes it, and is told with it.
    const isTold = store.sharing !== undefined || batch.changes.some(isLeaseEnd);
    return this.#publish(batch, { fate: this.#fateOf(store.append(batch)), isTold });
  }

  #reconcile(given: StoredRelay): void {
    if (this.#closed) return;
    const { registry, clock, applied, store } = this.#options;
    const batch = registry.reconcile(given, clock.now());
    this.#watchDeadline();
    if (batch === undefined) return;
    applied(batch);
    // What was never told of needs no word that it is undone.
    const isTold = store.sharing !== undefined || !given.isUndone;
    const fate: Fate = isTold ? "kept" : "failed";
    void this.#publish(batch, { fate: Promise.resolve(fate), isTold });
  }

  /**
   * Batches are published in their order, whatever each of them waits for. One that is not kept is
   * told all the same when `isTold`.
   */
  #publish(
    batch: Batch,
    { fate, isTold }: { fate: Promise<Fate>; isTold: boolean },
  ): Promise<Fate> {
    const before = this.#publishing;
    const published = fate.then(async (fate) => {
      await before;
      if (fate === "kept" || isTold) this.#options.publish(batch);
      else this.#options.pass(batch.revision);
      return fate;
    });
    this.#publishing = published.then(() => {});
    return published;
  }

  #fateOf(kept: Promise<void>): Promise<Fate> {
    const { clock, onStored } = this.#options;
    const began = clock.now();
    return kept.then(() => {
      onStored(clock.now() - began);
      return "kept";
    }, (error) => {
      if (error instanceof StoreConflict) return "void";
      this.#options.onStoreFailure(error);
      return "failed";
    });
  }

  #isHeartbeat(command: Command): command is Command & { kind: "register" | "announce" } {
    if (command.kind === "register") return true;
    if (command.kind !== "announce") return false;
    return this.#options.registry.relays.get(command.relay)?.record.registered === false;
  }

  /** Prolongs the lease where that is not the registry's matter alone. */
  #renew(command: Command & { kind: "register" | "announce" }): Promise<Fate> {
    const name = command.kind === "register" ? command.name : command.relay;
    const { sharing } = this.#options.store;
    return sharing === undefined ? Promise.resolve("kept") : this.#fateOf(sharing.renew(name));
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
