/** How much is kept on disk, and of what. */
export interface DiskSettings {
  /** Bytes of all segments. */
  readonly maxBytes: number;
  /** Bytes of one track's. */
  readonly maxTrackBytes: number;
  /** How long a group is kept. */
  readonly maxAgeMs: number;
  /** Segments; the limit of the program when nothing is said. */
  readonly maxSegments?: number;
}
