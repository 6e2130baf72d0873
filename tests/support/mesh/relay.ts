import { systemClock } from "@qumo/shared/runtime";
import type { RelayAddress } from "./client.ts";
import { MeshProgram, type ProgramConfig } from "./program.ts";

/** What `GET /status` says of the mesh, as far as tests look. */
export interface MeshStatus {
  readonly links: readonly {
    readonly neighbor: string;
    readonly state: "up" | "down" | "dialing";
    readonly since_ms: number;
  }[];
  readonly routes: readonly {
    readonly track: string;
    /** Relays from the next hop to the source. */
    readonly path: readonly string[];
  }[];
}

// A relay that does not say how the mesh is may be one that was stopped or cut off.
const MESH_TIMEOUT = 5_000;

/** One relay of a mesh. */
export class MeshRelay extends MeshProgram implements RelayAddress {
  certificateHash: Uint8Array<ArrayBuffer> = new Uint8Array();
  clientPath: string | undefined;
  /** The longest that an answer took, in milliseconds: a few of them where it has a processor to itself. */
  slowestAnswerMs = 0;

  override async start(config?: ProgramConfig): Promise<void> {
    await super.start(config);
    this.certificateHash = Uint8Array.fromHex(await this.get("/certificate.sha256"));
  }

  /** The mesh as this relay sees it; undefined while it does not say. */
  async mesh(): Promise<MeshStatus | undefined> {
    const asked = systemClock.now();
    try {
      const { mesh } = JSON.parse(await this.get("/status", MESH_TIMEOUT));
      this.slowestAnswerMs = Math.max(this.slowestAnswerMs, systemClock.now() - asked);
      return mesh;
    } catch {
      return undefined;
    }
  }

  /** The text of `/metrics`. */
  metrics(): Promise<string> {
    return this.get("/metrics");
  }
}
