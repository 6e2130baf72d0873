import { systemClock } from "@qumo/shared/runtime";
import type { RelayAddress } from "./client.ts";
import type { Place } from "./site.ts";
import { PATIENCE_MS } from "../until.ts";
import { MeshProgram } from "./program.ts";

/** What `GET /status` says of the mesh. */
export interface MeshStatus {
  readonly name: string;
  readonly revision: number;
  readonly age_ms: number;
  readonly links: readonly {
    readonly neighbor: string;
    readonly state: "up" | "down" | "dialing";
    readonly rtt_ms: number | null;
    readonly since_ms: number;
  }[];
  readonly routes: readonly {
    readonly track: string;
    readonly source: string;
    readonly next_hop: string;
    /** Relays from the next hop to the source. */
    readonly path: readonly string[];
  }[];
}

/** A relay's configuration: sections with their keys. */
export type RelayConfig = Readonly<Record<string, unknown>>;

// A relay that does not say how the mesh is may be one that was stopped or cut off.
const MESH_TIMEOUT = 5_000;

/** One relay of a mesh. */
export class MeshRelay extends MeshProgram implements RelayAddress {
  certificateHash: Uint8Array<ArrayBuffer> = new Uint8Array();
  readonly clientPath: string | undefined;
  #slowestAnswerMs = 0;

  constructor(given: { name: string; folder: string; place: Place; clientPath?: string }) {
    super("relay/main.ts", given);
    this.clientPath = given.clientPath;
  }

  /** Where other relays call it. */
  get url(): string {
    return `moqt://${this.hostname}:${this.port}`;
  }

  /** The longest that an answer took, in milliseconds: a few of them where it has a processor to itself. */
  get slowestAnswerMs(): number {
    return this.#slowestAnswerMs;
  }

  /** Starts it, with another configuration if one is given, and waits until it is ready. */
  override async start(config?: RelayConfig): Promise<void> {
    await super.start(config);
    const hash = await this.#get("/certificate.sha256");
    this.certificateHash = Uint8Array.fromHex(hash);
  }

  /** The mesh as this relay sees it; undefined while it does not say. */
  async mesh(): Promise<MeshStatus | undefined> {
    const asked = systemClock.now();
    try {
      const { mesh } = JSON.parse(await this.#get("/status", MESH_TIMEOUT));
      this.#slowestAnswerMs = Math.max(this.#slowestAnswerMs, systemClock.now() - asked);
      return mesh;
    } catch {
      return undefined;
    }
  }

  /** The way a track takes to this relay, from the next hop to its source; undefined when it has none. */
  async pathOf(track: string): Promise<readonly string[] | undefined> {
    return (await this.mesh())?.routes.find((route) => route.track === track)?.path;
  }

  /** The text of `/metrics`. */
  metrics(): Promise<string> {
    return this.#get("/metrics");
  }

  async #get(path: string, milliseconds = PATIENCE_MS): Promise<string> {
    const signal = AbortSignal.timeout(milliseconds);
    const response = await fetch(`http://${this.hostname}:${this.port}${path}`, { signal });
    const body = await response.text();
    if (!response.ok) throw new Error(`${path} answered ${response.status}: ${body}`);
    return body;
  }
}
