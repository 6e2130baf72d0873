import {
  integer,
  isHttpOrigin,
  listOf,
  milliseconds,
  seconds,
  section,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import { MAX_ADDRESS_LENGTH, MAX_RELAY_NAME_BYTES, relayNameFault } from "@qumo/shared/topology";
import * as z from "zod";
import { parseRelayUrl, RELAY_URL_FORM } from "../control_plane/mod.ts";
import { readAddresses, readNeighbors, splitItems } from "./relay_maps.ts";
import { parseUpstream, UPSTREAM_FORM } from "./upstream.ts";
import { path } from "./values.ts";

const MAX_CONTROLLERS = 16;
const MAX_UPSTREAMS = 16;
const MAX_TRUSTED_KEYS = 64;
// Each member has a link to each other one.
const MAX_MEMBERS = 32;

const relayUrl = text(
  MAX_ADDRESS_LENGTH,
  RELAY_URL_FORM,
  (value) => parseRelayUrl(value) !== undefined,
);
const controllerUrls = listOf(
  text(2048, "an http or https URL without a path", isHttpOrigin),
  MAX_CONTROLLERS,
);

/** The connection to a controller, which knows every relay and who has which track. */
export const sdnSettings = section({
  /** URLs of controllers, tried in order; none for a relay without a controller. */
  urls: z.unknown().transform(readControllers).default([]),
  /** The relay's unique name in the mesh; empty: `relay.nodeId`, or else the host's name. */
  relayName: text(
    MAX_RELAY_NAME_BYTES,
    `a relay's name: at most ${MAX_RELAY_NAME_BYTES} bytes that can be seen, not ., .. or __proto__, ` +
      "not ending in /drain or /undrain",
    (value) => value === "" || relayNameFault(value) === undefined,
  ).default(""),
  /**
   * The URL at which other relays reach this one; empty: the listen address, unless it is a
   * wildcard.
   */
  address: z.union([z.literal(""), relayUrl], { error: RELAY_URL_FORM }).default(""),
  /** The neighbors, and the cost of the link to each. */
  neighbors: z.unknown().transform(readNeighbors).default(new Map()),
  /** The longest time between two heartbeats; the controller may ask for a shorter one. */
  heartbeatIntervalSec: seconds(0.1, 3600).default(30),
  /** A file with the bearer token for the controller; empty: none. */
  tokenFile: path(),
  /**
   * The CA for the controller (empty: the system's), and the relay's client certificate (empty:
   * none).
   */
  tls: section({ caFile: path(), certFile: path(), keyFile: path() }),
  /** Time without a message from the controller after which the mirror is stale. */
  staleAfterMs: milliseconds(1000, 3_600_000).default(20_000),
  /**
   * Up to how many announces of all relays the mirror has all; of more it has those that sessions ask
   * for. 0: always those alone.
   */
  mirrorAllUpTo: integer(0, 1_000_000).default(2000),
  /** Whether the relay is not ready while the mirror is stale. */
  staleIsUnready: yesNo().default(false),
  /** Whether the relay is not ready while no controller has it registered. */
  unregisteredIsUnready: yesNo().default(false),
});

/** Origins that this relay takes tracks from when it has no controller: `moqt://host:port`. */
export const upstreamSettings = listOf(
  text(MAX_ADDRESS_LENGTH, UPSTREAM_FORM, (value) => parseUpstream(value) !== undefined),
  MAX_UPSTREAMS,
).default([]);

/** All cores of a machine: one process is one core. */
export const hostSettings = section({
  /**
   * The relays of this machine, one for each core. Above 1 the program starts them itself and starts
   * again the one that ends; they are `NAME-1` and so on, at ports one after the other.
   */
  members: integer(1, MAX_MEMBERS).default(1),
  /** The member that this process is, where a supervisor starts each; 0: none. */
  member: integer(0, MAX_MEMBERS).default(0),
});

/** Links to other relays, from `sdn.neighbors` and `upstream`. */
export const meshSettings = section({
  pingIntervalMs: milliseconds(10, 60_000).default(200),
  /** Time without an answer after which a link is down. */
  linkTimeoutMs: milliseconds(20, 600_000).default(600),
  /** How long a link that came back must answer before it is up; more while it flaps. */
  holdDownMs: milliseconds(0, 600_000).default(1000),
  /** Maximum number of relays on the path of a track. */
  maxHops: integer(1, 255).default(8),
  /** How long subscribers of a remote track wait while there is no route to it. */
  failoverHoldMs: milliseconds(0, 600_000).default(10_000),
  /** URLs of neighbors, by name, that override those that they registered. */
  addresses: z.unknown().transform(readAddresses).default(new Map()),
  /** The CA that verifies neighbors; empty: the certificate's hash that each registered. */
  caFile: path(),
  /**
   * The key by which this relay proves its name to others: a private JWK, or a secret, without
   * `key_ops` or with `sign` among them; empty: it proves it to nobody.
   */
  keyFile: path(),
  /** Files of keys by which others prove their names, each a JWK or a JWKS, beside `keyFile`. */
  trustedKeys: listOf(
    text(4096, "a path", (value) => value !== "" && !/^\w+:\/\//.test(value)),
    MAX_TRUSTED_KEYS,
  ).default([]),
  /** How long a proof of a relay's name is good; the relay renews it in a third of that. */
  tokenLifetimeSec: seconds(2, 86_400).default(300),
  /** Neighbors are not verified at all. */
  insecure: yesNo().default(false),
});

/** Reads a list of URLs, or one that is written without a list. */
function readControllers(value: unknown, context: z.RefinementCtx): readonly string[] {
  const read = controllerUrls.safeParse(typeof value === "string" ? splitItems(value) : value);
  for (const { message, path } of read.error?.issues ?? []) {
    // The items of a text have no places of their own.
    context.addIssue({
      code: "custom",
      message,
      path: typeof value === "string" ? [] : [...path],
    });
  }
  return read.data ?? z.NEVER;
}
