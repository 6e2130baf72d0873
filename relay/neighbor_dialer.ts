import {
  type Clock,
  type FileAccess,
  formatAddress,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";
import type { RelayConfig } from "./config.ts";
import { parseRelayUrl } from "./control_plane/mod.ts";
import type { KnownAddresses } from "./known_addresses.ts";
import { linkOffers } from "./session/negotiate.ts";
import { type Connection, type DialOptions, NoCommonProtocol } from "./transport/mod.ts";
import { reportedHash } from "./reported_hash.ts";
import type { LinkTarget } from "./upstream/mod.ts";

/** Calls a peer: `moqt://host:port`. Rejects when no connection comes about. */
export type Dial = (url: string, options: DialOptions) => Promise<Connection>;

/** The dependencies of a {@linkcode NeighborDialer}. */
export interface DialerParts {
  readonly config: Pick<RelayConfig, "mesh" | "server">;
  readonly files: FileAccess;
  readonly clock: Clock;
  readonly dial: Dial;
  /** Receives the addresses at which neighbors answered. */
  readonly known: Pick<KnownAddresses, "addNeighbor">;
}

// Streams of a link, which carries many tracks: one per request and one per open group.
const LINK_STREAMS = 4_096;

/** The number of streams that the other end of an outgoing link may open. */
export function linkStreams({ maxUniStreams }: { readonly maxUniStreams: number }): number {
  return Math.max(maxUniStreams, LINK_STREAMS);
}

// A neighbor that does not answer is dialed again soon; ten seconds would be a long outage.
const MAX_HANDSHAKE_MS = 3_000;

// A neighbor without HTTP at its port may not answer at all.
const HASH_TIMEOUT_MS = 1_000;

/** Reads the CA certificates for neighbors. Rejects with a {@linkcode StartError}. */
export async function openDialer(parts: DialerParts): Promise<NeighborDialer> {
  const path = parts.config.mesh.caFile;
  if (path === "") return new NeighborDialer(parts, undefined);
  try {
    return new NeighborDialer(parts, [await parts.files.readText(path)]);
  } catch (error) {
    throw new StartError(`cannot read ${path}: ${messageOf(error)}`, "mesh.ca_file");
  }
}

/** Connects to neighbors and verifies their certificates. */
class NeighborDialer {
  readonly #parts: DialerParts;
  readonly #ca: readonly string[] | undefined;

  /** `ca` has the CA certificates; undefined: those of the system. */
  constructor(parts: DialerParts, ca: readonly string[] | undefined) {
    this.#parts = parts;
    this.#ca = ca;
  }

  /**
   * Connects to a neighbor, by the first offer of which it has a protocol. Rejects when no connection
   * can be made.
   */
  async dial(target: LinkTarget): Promise<Connection> {
    let refusal: unknown;
    for (const protocols of linkOffers(target.protocols)) {
      try {
        return await this.#dialBy(protocols, target);
      } catch (error) {
        if (!(error instanceof NoCommonProtocol)) throw error;
        refusal = error;
      }
    }
    throw refusal;
  }

  async #dialBy(protocols: readonly string[], target: LinkTarget): Promise<Connection> {
    const { config: { mesh, server }, clock, dial, known } = this.#parts;
    const { hostname, port } = parseRelayUrl(target.url)!;
    const where = formatAddress({ hostname, port });
    const isPinned = target.isPinned === true;
    // Links that need not be authenticated take what the neighbor reports; where it reports nothing, a CA
    // of the system must verify it.
    const hash = mesh.insecure && !isPinned
      ? (await reportedHash(where, clock, HASH_TIMEOUT_MS)).hash
      : target.certificateSha256;
    const isByHash = hash !== undefined && (isPinned || this.#ca === undefined);
    const connection = await dial(`moqt://${where}`, {
      protocols,
      ...(isByHash && { serverCertificateHashes: [hash] }),
      ...(!isByHash && this.#ca !== undefined && { caCerts: this.#ca }),
      keepAliveInterval: 0,
      maxIdleTimeout: server.idleTimeoutMs,
      maxUniStreams: linkStreams(server),
      maxBidiStreams: server.maxBidiStreams,
      handshakeTimeout: Math.min(server.handshakeTimeoutMs, MAX_HANDSHAKE_MS),
      clock,
    });
    known.addNeighbor(connection.remoteAddress);
    return connection;
  }
}
