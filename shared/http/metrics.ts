/** Why a connection was refused or closed by the listener. */
const CONNECTION_DROPS = [
  "full", // There were as many as there may be; the one that waited for longest had to go.
  "address_full", // There were as many from that address as there may be.
  "head_timeout", // A request's head did not come in time.
  "idle", // Nothing was asked for a while: the ordinary end of a connection.
  "stalled", // The client took nothing of what it was sent.
  "malformed", // What came was not HTTP, or its head was too long.
  "accept_failed", // The system could not give the connection to us: no descriptor was left.
] as const;
/** One of {@linkcode CONNECTION_DROPS}. */
export type ConnectionDrop = typeof CONNECTION_DROPS[number];

/** What a listener counts. */
export class HttpMetrics {
  /** Connections now. */
  connections = 0;
  readonly drops: Record<ConnectionDrop, number> = Object.fromEntries(
    CONNECTION_DROPS.map((word) => [word, 0]),
  ) as Record<ConnectionDrop, number>;
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"] as const;

/** A method as metrics, logs and events say it. */
export type MethodLabel = (typeof METHODS)[number] | "other";

/** A request's method as a label: one of a few words, whatever the client sent. */
export function methodLabel(method: string): MethodLabel {
  return METHODS.find((known) => known === method) ?? "other";
}
