import type { SessionHost } from "./host.ts";
import type { RefusedConnections } from "./refused_connections.ts";
import type { Connection, Listener } from "./transport/mod.ts";
import type { HandshakeRefusal } from "./vocabulary/mod.ts";

/** The dependencies of {@linkcode Admission}. */
export interface AdmissionParts {
  readonly host: Pick<SessionHost, "active" | "serve">;
  readonly refused: Pick<RefusedConnections, "add">;
  readonly isDraining: () => boolean;
  readonly maxSessions: number;
}

// The code of a close without an error, in every protocol.
const NO_ERROR = 0;

/** Passes accepted connections to the session host, unless the relay is full or draining. */
export class Admission {
  /** Sessions at once; those above it that run already go on. */
  maxSessions: number;
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.maxSessions = parts.maxSessions;
  }

  /** Accepts connections until the listener is closed. */
  async accept(listener: Listener): Promise<void> {
    for (;;) {
      const connection = await listener.accept();
      if (connection === undefined) return;
      this.#welcome(connection);
    }
  }

  #welcome(connection: Connection): void {
    const { host, isDraining } = this.#parts;
    if (isDraining()) this.#turnAway(connection, "draining", "the relay is going away");
    else if (host.active < this.maxSessions) host.serve(connection);
    else this.#turnAway(connection, "max_sessions", "too many sessions");
  }

  #turnAway(connection: Connection, kind: HandshakeRefusal, reason: string): void {
    this.#parts.refused.add({ kind, reason, peer: connection.remoteAddress });
    connection.close(NO_ERROR, reason);
  }
}
