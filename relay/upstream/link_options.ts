import type { Clock, Log } from "@qumo/shared/runtime";
import type { Session } from "../session/session.ts";
import type { Connection } from "../transport/types.ts";
import type { MeshSettings } from "./settings.ts";

/** A link as the session sees it that is started for it. */
export interface ChangingLink {
  /** The session has changed; the neighbor may have sent GOAWAY. */
  changed(): void;
}

/** The URL of a neighbor, and how its certificate is verified. */
export interface LinkTarget {
  /** `moqt://host:port`. */
  readonly url: string;
  /**
   * SHA-256 of its certificate in hex; if undefined, `mesh.ca_file` or the system's CAs verify it.
   */
  readonly certificateSha256: string | undefined;
  /** Whether the hash comes from the configuration and overrides every CA. */
  readonly isPinned?: boolean;
  /** The protocols to offer, in order of preference; undefined: those of all links. */
  readonly protocols?: readonly string[] | undefined;
}

/** What a a link works with. */
export interface LinkOptions {
  /** The neighbor's name, or the URL of a static origin. */
  readonly name: string;
  /** The name by which the neighbor must identify itself; undefined: any, or none. */
  readonly expected: string | undefined;
  /** The only scope that is requested of a neighbor that is not one of our relays. */
  readonly scope: string;
  /** Returns the neighbor's current URL; undefined while it is unknown. */
  readonly target: () => LinkTarget | undefined;
  /** Why the neighbor's URL is unknown; undefined while the mirror may not be complete yet. */
  readonly whyUnknown: () => string | undefined;
  /** Why the neighbor is not to be called; undefined: it may be. */
  readonly whyBanned: () => string | undefined;
  /** Opens a connection; rejects when it fails. */
  readonly dial: (target: LinkTarget) => Promise<Connection>;
  readonly startSession: (
    connection: Connection,
    target: LinkTarget,
    link: ChangingLink,
  ) => Session;
  readonly settings: MeshSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
  /** The state of the link has changed. */
  readonly onChange: () => void;
  /** The round-trip time has changed significantly. */
  readonly onMeasured: () => void;
}
