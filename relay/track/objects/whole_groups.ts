import type { Renderer } from "./renderer.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import type { WholeGroup } from "./whole_group.ts";

/** A group as one log in each dialect in which it is one stream, made on demand. */
export class WholeGroups {
  readonly #wholes = new Map<Renderer, WholeGroup>();
  #lead: SubgroupLog | undefined;

  /** The logs of the wholes. */
  get logs(): SubgroupLog[] {
    return Array.from(this.#wholes.values(), ({ log }) => log);
  }

  /** A log was added to the group. */
  add(log: SubgroupLog): void {
    this.#lead ??= log;
    for (const whole of this.#wholes.values()) whole.add(log);
  }

  /** Whether this is the group's first log, in place of which the whole group is sent. */
  isLead(log: SubgroupLog): boolean {
    return log === this.#lead;
  }

  get(renderer: Renderer): WholeGroup | undefined {
    return this.#wholes.get(renderer);
  }

  set(renderer: Renderer, whole: WholeGroup): void {
    this.#wholes.set(renderer, whole);
  }

  /** Whether nothing more is added to the whole group in this dialect. */
  isOver(renderer: Renderer): boolean {
    return this.#wholes.get(renderer)?.isOver ?? this.#lead?.isKeptIn(renderer) === true;
  }

  /** Evicts everything. */
  evict(): void {
    const wholes = [...this.#wholes.values()];
    this.#wholes.clear();
    for (const whole of wholes) whole.evict();
  }
}
