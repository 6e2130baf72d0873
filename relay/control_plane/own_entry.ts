import type { TaskGroup } from "@qumo/shared/runtime";
import type { Epoch } from "./epoch.ts";
import type { MirrorView } from "./mirror_view.ts";
import type { Registrar } from "./registrar.ts";

/** What {@linkcode OwnEntry} works with. */
export interface OwnEntryOptions {
  /** This relay's name. */
  readonly name: string;
  readonly mirror: MirrorView;
  readonly epoch: Epoch;
  readonly registrar: Pick<Registrar, "acceptedAt" | "changed" | "nameFreed" | "isDraining">;
  /** Whether this relay drains already. */
  readonly isDraining: () => boolean;
  /** Called once, when an operator has ordered the controller to drain this relay. */
  readonly onDrain: () => void;
  /** The group in which the controller is asked. */
  readonly tasks: TaskGroup;
}

/**
 * Follows what the mirror has under this relay's own name: another process that registered with it,
 * that the name is free again, and an operator's order to drain.
 */
export class OwnEntry {
  readonly #options: OwnEntryOptions;
  #isNameHeld = false;
  #newestEpoch = 0;
  #isDrainAsked = false;
  #isDrainTold = false;

  constructor(options: OwnEntryOptions) {
    this.#options = options;
    options.mirror.watch({
      announced: () => {},
      withdrawn: () => {},
      changed: () => this.#changed(),
    });
  }

  /**
   * Looks for a drain order in the mirror, which may still have that of a former process under this
   * name: so the controller is asked whether it is for this one.
   */
  lookForDrain(): void {
    const { name, mirror, registrar, isDraining, tasks, onDrain } = this.#options;
    if (this.#isDrainTold || this.#isDrainAsked || registrar.acceptedAt === undefined) return;
    if (mirror.relay(name)?.state !== "draining" || isDraining()) return;
    this.#isDrainAsked = true;
    tasks.spawn("drain", async (signal) => {
      const isOrdered = await registrar.isDraining(signal);
      this.#isDrainAsked = false;
      if (!isOrdered || signal.aborted || isDraining()) return;
      this.#isDrainTold = true;
      onDrain();
    });
  }

  #changed(): void {
    const { name, mirror, registrar } = this.#options;
    const wasHeld = this.#isNameHeld;
    const own = mirror.relay(name);
    this.#isNameHeld = own !== undefined;
    this.#lookForNewer(own?.epoch ?? 0);
    if (wasHeld && !this.#isNameHeld) registrar.nameFreed();
    this.lookForDrain();
  }

  /**
   * Another process registered under this relay's name: sends the next heartbeat at once, whose
   * answer tells.
   */
  #lookForNewer(epoch: number): void {
    if (epoch <= Math.max(this.#newestEpoch, this.#options.epoch.value)) return;
    this.#newestEpoch = epoch;
    this.#options.registrar.changed();
  }
}
