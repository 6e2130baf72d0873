/** Why a connection was refused or closed by the listener. */
const CONNECTION_DROPS = [
  "full", // The connection limit is reached; the connection that has been idle for longest is closed.
  "address_full", // The limit of the client's address is reached.
  "head_timeout", // The head of a request did not arrive in time.
  "idle", // No request for a while: the normal end of a connection.
  "stalled", // The client did not read its answer, or hardly.
  "unsent", // Too many bytes waited for clients to read them, and most for those at this one's address.
  "malformed", // The input is not HTTP, or its head is too long.
  "accept_failed", // The system could not accept the connection, for example without a free file descriptor.
] as const;
/** One of {@linkcode CONNECTION_DROPS}. */
export type ConnectionDrop = typeof CONNECTION_DROPS[number];

/** Counters of a listener. */
export class HttpMetrics {
  /** Open connections. */
  connections = 0;
  readonly drops: Record<ConnectionDrop, number> = Object.fromEntries(
    CONNECTION_DROPS.map((word) => [word, 0]),
  ) as Record<ConnectionDrop, number>;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] as const;

/** A method as label in metrics, logs and events. */
export type MethodLabel = (typeof METHODS)[number] | "other";

/** A request's method as a label of bounded cardinality. */
export function methodLabel(method: string): MethodLabel {
  return METHODS.find((known) => known === method) ?? "other";
}
