/** How links to other relays behave. Times are milliseconds. */
export interface MeshSettings {
  /** Time between two pings on a link. */
  readonly pingIntervalMs: number;
  /** Silence after which a link is down. */
  readonly linkTimeoutMs: number;
  /** How long a link that came back must answer before it is up; more while it flaps. */
  readonly holdDownMs: number;
  /** Relays that a track may cross. */
  readonly maxHops: number;
  /** How long subscribers of a remote track are held while there is no way to it. */
  readonly failoverHoldMs: number;
  /** How long another relay may take to answer, and a link to come about when it is first wanted. */
  readonly requestTimeoutMs: number;
}
