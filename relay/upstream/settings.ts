/** How links to other relays behave. Times are milliseconds. */
export interface MeshSettings {
  /** Time between two pings on a link. */
  readonly pingIntervalMs: number;
  /** Time without an answer after which a link is down. */
  readonly linkTimeoutMs: number;
  /** How long a link that came back must answer before it is up; more while it flaps. */
  readonly holdDownMs: number;
  /** Maximum number of relays on the path of a track. */
  readonly maxHops: number;
  /** How long subscribers of a remote track wait while there is no route to it. */
  readonly failoverHoldMs: number;
  /** How long another relay may take to answer, and how long to wait for a new link. */
  readonly requestTimeoutMs: number;
}
