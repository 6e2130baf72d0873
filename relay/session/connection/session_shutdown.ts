import type { Clock, TaskGroup, Timer } from "@qumo/shared/runtime";
import type { SessionErrorName } from "@qumo/shared/wire";
import type { Connection } from "../../transport/types.ts";
import type { Role } from "../session_options.ts";

/** The dependencies of {@linkcode SessionShutdown}. */
export interface SessionShutdownParts {
  readonly role: Role;
  readonly connection: Pick<Connection, "drain">;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Sends GOAWAY. */
  readonly say: (uri: string, timeout: number) => Promise<void>;
  /** Closes the connection after the shutdown or at its deadline. */
  readonly close: (code: SessionErrorName, reason: string) => void;
}

// Of a GOAWAY after which the session is not closed.
const NO_DEADLINE = 0;

/**
 * The graceful shutdown of a session: which side sent GOAWAY, and which requests are still open.
 */
export class SessionShutdown {
  readonly #parts: SessionShutdownParts;
  // The number of open requests of both sides.
  #openRequests = 0;
  #isPeerLeaving = false;
  #draining: Timer | undefined;
  // A peer closes a session in which a second one comes.
  #hasSaidGoaway = false;
  #isOver = false;

  constructor(parts: SessionShutdownParts) {
    this.#parts = parts;
  }

  /** Whether the peer sent GOAWAY. */
  get isPeerLeaving(): boolean {
    return this.#isPeerLeaving;
  }

  /** Whether the relay sent GOAWAY: new requests are refused. */
  get isDraining(): boolean {
    return this.#draining !== undefined;
  }

  /** Whether either side did. */
  get isLeaving(): boolean {
    return this.#isPeerLeaving || this.isDraining;
  }

  /** Keeps the session open until the returned function is called. */
  begin(): () => void {
    this.#openRequests++;
    return () => {
      this.#openRequests--;
      this.#leaveWhenIdle();
    };
  }

  /**
   * Sends GOAWAY, with `uri` if the peer is a client; closes the session when it is idle, or after
   * `timeout` milliseconds.
   */
  drain(timeout: number, uri: string): void {
    if (this.#isOver || this.#draining !== undefined) return;
    const { role, connection, clock, close } = this.#parts;
    this.#say(role === "server" ? uri : "", timeout);
    connection.drain();
    this.#draining = clock.after(timeout, () => {
      close("goaway_timeout", "the peer did not leave in time");
    });
    this.#leaveWhenIdle();
  }

  /** Sends a client GOAWAY with `uri`, and serves it as before. */
  redirect(uri: string): void {
    this.#say(uri, NO_DEADLINE);
  }

  /** Handles the peer's GOAWAY. */
  peerLeaves(): void {
    this.#isPeerLeaving = true;
    this.#leaveWhenIdle();
  }

  /** Stops the timer for good; called when the session has ended. */
  stop(): void {
    this.#isOver = true;
    this.#draining?.cancel();
  }

  #say(uri: string, timeout: number): void {
    if (this.#hasSaidGoaway) return;
    this.#hasSaidGoaway = true;
    this.#parts.tasks.spawn("goaway", () => this.#parts.say(uri, timeout));
  }

  #leaveWhenIdle(): void {
    const isToldToLeave = this.#parts.role === "client" && this.#isPeerLeaving;
    if (this.#openRequests > 0 || !this.isDraining && !isToldToLeave) return;
    this.#parts.close("no_error", "going away");
  }
}
