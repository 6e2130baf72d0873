/** A link as the graph reads it. */
export interface GraphLink {
  readonly cost: number;
  readonly up: boolean;
  readonly rttMs?: number;
  readonly loss?: number;
}

/** The part of a relay's load that a cost can depend on. */
export interface GraphLoad {
  readonly cpu?: number | undefined;
}

/** A relay that lives, as the graph reads it. It must not change afterwards. */
export interface GraphRelay {
  readonly name: string;
  readonly region: string;
  readonly address: string;
  readonly draining: boolean;
  readonly certificateSha256?: string;
  readonly links: ReadonlyMap<string, GraphLink>;
  readonly load?: GraphLoad;
}
