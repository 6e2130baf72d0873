/** A link as input of the graph. */
export interface GraphLink {
  readonly cost: number;
  readonly up: boolean;
  readonly rttMs?: number;
  readonly loss?: number;
}

/** The part of a relay's load that costs depend on. */
export interface GraphLoad {
  readonly cpu?: number | undefined;
}

/** A registered relay as input of the graph; must not be mutated afterwards. */
export interface GraphRelay {
  readonly name: string;
  readonly region: string;
  readonly address: string;
  readonly draining: boolean;
  readonly certificateSha256?: string;
  readonly host?: string;
  readonly links: ReadonlyMap<string, GraphLink>;
  readonly load?: GraphLoad;
}
