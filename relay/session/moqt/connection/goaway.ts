import type { Timer } from "@qumo/shared/runtime";
import { SessionCode } from "@qumo/shared/wire";
import type { SessionContext } from "../context.ts";

/** What {@linkcode Leaving} needs of its session. */
export interface LeavingParts {
  /** Whether either side owes the other anything still. */
  readonly isBusy: () => boolean;
  /** Refuses requests from now on. */
  readonly refuseNew: () => void;
  /** Says GOAWAY. */
  readonly say: (uri: string, timeout: number) => Promise<void>;
  /** Closes the connection: who was asked to leave has left, or would not. */
  readonly close: (code: SessionCode, reason: string) => void;
}

/** How a session comes to its end in peace: which side said that it goes away, and what is left to do. */
export class Leaving {
  readonly #context: SessionContext;
  readonly #parts: LeavingParts;
  #isPeerLeaving = false;
  #draining: Timer | undefined;

  constructor(context: SessionContext, parts: LeavingParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Whether the peer said that it is going away. */
  get isPeerLeaving(): boolean {
    return this.#isPeerLeaving;
  }

  /** Whether either side did. */
  get hasBegun(): boolean {
    return this.#isPeerLeaving || this.#draining !== undefined;
  }

  /** Asks the peer to go elsewhere, to `uri` if it is a client; ends the session when it has, or is too late. */
  drain(timeout: number, uri: string): void {
    if (this.#draining !== undefined) return;
    const { role, connection, clock, tasks } = this.#context;
    const { refuseNew, say, close } = this.#parts;
    refuseNew();
    tasks.spawn("goaway", () => say(role === "server" ? uri : "", timeout));
    connection.drain();
    this.#draining = clock.after(timeout, () => {
      close(SessionCode.GOAWAY_TIMEOUT, "the peer did not leave in time");
    });
    this.#leaveWhenIdle();
  }

  /** The peer's GOAWAY came. */
  peerLeaves(): void {
    this.#isPeerLeaving = true;
  }

  /** A request of either side came to its end. */
  requestEnded(): void {
    const toldToLeave = this.#context.role === "client" && this.#isPeerLeaving;
    if (this.#draining !== undefined || toldToLeave) this.#leaveWhenIdle();
  }

  /** The session ended. */
  stop(): void {
    this.#draining?.cancel();
  }

  #leaveWhenIdle(): void {
    if (!this.#parts.isBusy()) this.#parts.close(SessionCode.NO_ERROR, "going away");
  }
}
