import type { Clock, TaskGroup, Timer } from "@qumo/shared/runtime";
import type { SessionErrorName } from "@qumo/shared/wire";
import type { Connection } from "../../../transport/types.ts";
import type { Role } from "../../session_options.ts";

/** What {@linkcode Shutdown} works with. */
export interface ShutdownParts {
  readonly role: Role;
  readonly connection: Pick<Connection, "drain">;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Says GOAWAY. */
  readonly say: (uri: string, timeout: number) => Promise<void>;
  /** Closes the connection: who was asked to leave has left, or would not. */
  readonly close: (code: SessionErrorName, reason: string) => void;
}

/** How a session comes to its end in peace: which side said that it goes away, and what is left to do. */
export class Shutdown {
  readonly #parts: ShutdownParts;
  // What either side owes the other still.
  #underWay = 0;
  #isPeerLeaving = false;
  #draining: Timer | undefined;

  constructor(parts: ShutdownParts) {
    this.#parts = parts;
  }

  /** Whether the peer said that it is going away. */
  get isPeerLeaving(): boolean {
    return this.#isPeerLeaving;
  }

  /** Whether we did: new requests are refused. */
  get isDraining(): boolean {
    return this.#draining !== undefined;
  }

  /** Whether either side did. */
  get hasBegun(): boolean {
    return this.#isPeerLeaving || this.isDraining;
  }

  /** Something began that the session is kept for; the result says that it ended. */
  begin(): () => void {
    this.#underWay++;
    return () => {
      this.#underWay--;
      this.#leaveWhenIdle();
    };
  }

  /** Asks the peer to go elsewhere, to `uri` if it is a client; ends the session when it has, or is too late. */
  drain(timeout: number, uri: string): void {
    if (this.#draining !== undefined) return;
    const { role, connection, clock, tasks, say, close } = this.#parts;
    tasks.spawn("goaway", () => say(role === "server" ? uri : "", timeout));
    connection.drain();
    this.#draining = clock.after(timeout, () => {
      close("goaway_timeout", "the peer did not leave in time");
    });
    this.#leaveWhenIdle();
  }

  /** The peer's GOAWAY came. */
  peerLeaves(): void {
    this.#isPeerLeaving = true;
    this.#leaveWhenIdle();
  }

  /** The session ended. */
  stop(): void {
    this.#draining?.cancel();
  }

  #leaveWhenIdle(): void {
    const isToldToLeave = this.#parts.role === "client" && this.#isPeerLeaving;
    if (this.#underWay > 0 || !this.isDraining && !isToldToLeave) return;
    this.#parts.close("no_error", "going away");
  }
}
