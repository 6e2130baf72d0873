import { type Clock, type Outcome, refused, type Timer } from "@qumo/shared/runtime";
import { type Refusal, refusal } from "@qumo/shared/topology";
import type { Adoption, Applied, Batch, Command, Registry } from "./registry/mod.ts";
import type { Store } from "./store/mod.ts";

/** What a journal connects. */
export interface JournalOptions {
  readonly registry: Registry;
  readonly store: Store;
  readonly clock: Clock;
  /** Told of each batch, in order, as soon as the registry has it. */
  readonly applied: (batch: Batch) => void;
  /** Told of each batch, in order, once it is kept. */
  readonly publish: (batch: Batch) => void;
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
    this.#watchDeadline();
  }

  /** Takes a command; the answer comes when its change is kept. */
  async submit(command: Command): Promise<Outcome<Applied, Refusal>> {
    const { registry, clock } = this.#options;
    this.#expire();
    const outcome = registry.apply(command, clock.now());
    this.#watchDeadline();
    if (!outcome.ok || outcome.value.batch === undefined) return outcome;
    if (await this.#keep(outcome.value.batch)) return outcome;
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

  /** Batches are published in their order, whatever each of them waits for. */
  #keep(batch: Batch): Promise<boolean> {
    const { store, applied, publish, onStoreFailure } = this.#options;
    applied(batch);
    const kept = store.append(batch).then(() => true, (error) => {
      onStoreFailure(error);
      return false;
    });
    const before = this.#publishing;
    const published = kept.then(async (isKept) => {
      await before;
      publish(batch);
      return isKept;
    });
    this.#publishing = published.then(() => {});
    return published;
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
