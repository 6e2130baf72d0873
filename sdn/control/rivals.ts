import { RIVAL_MS } from "./limits.ts";

/** Relays whose name an older process claims as well, which was refused lately. One entry a relay that lives. */
export class Rivals {
  readonly #refusedAt = new Map<string, number>();
  readonly #lives: (name: string) => boolean;

  /** `lives` says whether a relay of this name is registered. */
  constructor(lives: (name: string) => boolean) {
    this.#lives = lives;
  }

  /** An older process of this name was refused. */
  refused(name: string, now: number): void {
    for (const [known, since] of this.#refusedAt) {
      if (now - since >= RIVAL_MS || !this.#lives(known)) this.#refusedAt.delete(known);
    }
    if (this.#lives(name)) this.#refusedAt.set(name, now);
  }

  /** Whether a registered relay has one. */
  has(name: string, now: number): boolean {
    return now - (this.#refusedAt.get(name) ?? -Infinity) < RIVAL_MS;
  }
}
