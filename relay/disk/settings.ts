/** How much is kept on disk, and of what. */
export interface DiskSettings {
  /** Bytes of all segments. */
  readonly maxBytes: number;
  /** Bytes of one track's. */
  readonly maxTrackBytes: number;
  /** How long a group is kept. */
  readonly maxAgeMs: number;
}
