import type { SessionHost } from "./host.ts";
import type { RefusedConnections } from "./refused_connections.ts";
import type { Connection, Listener } from "./transport/mod.ts";
import type { HandshakeRefusal } from "./vocabulary.ts";

/** What {@linkcode Admission} works with. */
export interface AdmissionParts {
  readonly host: Pick<SessionHost, "active" | "serve">;
  readonly refused: Pick<RefusedConnections, "add">;
  readonly isDraining: () => boolean;
  readonly maxSessions: number;
}

// Every protocol's code for an end without an error.
const NO_ERROR = 0;

/** Hands connections to whoever serves them, unless there is no room or the relay goes away. */
export class Admission {
  readonly #parts: AdmissionParts;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
  }

  /** Takes connections for as long as the listener has any. */
  async accept(listener: Listener): Promise<void> {
    for (;;) {
      const connection = await listener.accept();
      if (connection === undefined) return;
      this.#welcome(connection);
    }
  }

  #welcome(connection: Connection): void {
    const { host, isDraining, maxSessions } = this.#parts;
    if (isDraining()) this.#turnAway(connection, "draining", "the relay is going away");
    else if (host.active < maxSessions) host.serve(connection);
    else this.#turnAway(connection, "max_sessions", "too many sessions");
  }

  #turnAway(connection: Connection, kind: HandshakeRefusal, reason: string): void {
    this.#parts.refused.add({ kind, reason, peer: connection.remoteAddress });
    connection.close(NO_ERROR, reason);
  }
}
