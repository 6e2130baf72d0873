import { Backoff, type Clock, type Log, sleep } from "@qumo/shared/runtime";

/** How a member's process ended. */
export interface MemberEnd {
  readonly code: number;
  /** The signal that ended it; null if none did. */
  readonly signal: string | null;
}

/** A member's process. */
export interface MemberProcess {
  readonly pid: number;
  readonly ended: Promise<MemberEnd>;
  /** Writes to its standard input, if it still runs. */
  tell(line: string): void;
  /** Sends a signal, if it still runs. */
  kill(signal: "SIGTERM" | "SIGHUP"): void;
}

/** The dependencies of a {@linkcode Group}. */
export interface GroupParts {
  /** The members' names, the first one's first. */
  readonly names: readonly string[];
  /** Starts a member, numbered from 1. */
  readonly spawn: (member: number) => MemberProcess;
  readonly clock: Clock;
  readonly log: Log;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

// The wait before a member starts again. One that has run for a while has it as at the first time.
const FIRST_RESTART_MS = 500;
const LONGEST_RESTART_MS = 30_000;
const HEALTHY_MS = 10_000;

// With these a member has done what it was told, or cannot be helped by another start.
const FINISHED = 0;
const USAGE_ERROR = 2;

/** Runs the relays of one machine, each by itself: what ends one leaves the others alone. */
export class Group {
  readonly #parts: GroupParts;
  readonly #running = new Set<MemberProcess>();
  readonly #stop = new AbortController();

  constructor(parts: GroupParts) {
    this.#parts = parts;
  }

  /** Runs the members until all have ended for good; returns the exit code. */
  async run(): Promise<number> {
    const codes = await Promise.all(this.#parts.names.map((name, at) => this.#keep(name, at + 1)));
    return codes.every((code) => code === FINISHED) ? 0 : 1;
  }

  /** Has every member drain, and starts none again. */
  stop(): void {
    this.#stop.abort();
    this.signal("SIGTERM");
  }

  /** Sends a signal to every member. */
  signal(signal: "SIGTERM" | "SIGHUP"): void {
    for (const process of this.#running) process.kill(signal);
  }

  /** Writes a line to every member. */
  tell(line: string): void {
    for (const process of this.#running) process.tell(line);
  }

  /** Runs one member, again and again; returns its last exit code. */
  async #keep(name: string, member: number): Promise<number> {
    const { clock, log, random } = this.#parts;
    const { signal: stop } = this.#stop;
    const patience = { first: FIRST_RESTART_MS, cap: LONGEST_RESTART_MS, healthyAfter: HEALTHY_MS };
    const backoff = new Backoff({ ...patience, random }, clock);
    for (;;) {
      const { code, signal } = await this.#once(name, member, backoff);
      const isOver = code === FINISHED || code === USAGE_ERROR || stop.aborted;
      if (isOver) {
        log[code === FINISHED ? "info" : "error"]("member ended", { member: name, code });
        return code;
      }
      const wait = Math.round(backoff.failed());
      const how = { member: name, code, ...(signal !== null && { signal }), restart_in_ms: wait };
      log.warn("member ended by itself and is started again", how);
      await sleep(clock, wait, stop);
      if (stop.aborted) return FINISHED;
    }
  }

  async #once(name: string, member: number, backoff: Backoff): Promise<MemberEnd> {
    const process = this.#parts.spawn(member);
    this.#running.add(process);
    backoff.succeeded();
    this.#parts.log.info("member started", { member: name, pid: process.pid });
    const end = await process.ended;
    this.#running.delete(process);
    return end;
  }
}
