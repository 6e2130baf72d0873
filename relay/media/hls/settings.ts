/** How broadcasts are given to players of HLS. */
export interface HlsSettings {
  readonly enabled: boolean;
  /** The length of a segment, if key frames allow it; twice that at most. */
  readonly segmentMs: number;
  /** The longest part of a segment. */
  readonly partMs: number;
  /** Whole segments that a playlist shows. */
  readonly windowSegments: number;
  /** How long a track is kept that nobody asks for. */
  readonly idleMs: number;
  /** Broadcasts at once. */
  readonly maxBroadcasts: number;
  /** Bytes of all segments together. */
  readonly maxBytes: number;
}
