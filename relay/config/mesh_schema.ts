import {
  integer,
  isHttpOrigin,
  listOf,
  milliseconds,
  seconds,
  text,
  yesNo,
} from "@qumo/shared/runtime";
import {
  MAX_ADDRESS_LENGTH,
  MAX_COST,
  MAX_NEIGHBORS,
  MAX_RELAY_NAME_BYTES,
  relayNameFault,
} from "@qumo/shared/topology";
import { z } from "zod";
import { parseRelayUrl, RELAY_URL_FORM } from "../control_plane/mod.ts";
import { parseUpstream, UPSTREAM_FORM } from "./upstream.ts";
import type { MeshConfig, RelayConfig, SdnConfig } from "./types.ts";

const MAX_CONTROLLERS = 16;
const MAX_UPSTREAMS = 16;

const path = () => text(4096);
const relayUrl = (what: string) =>
  text(MAX_ADDRESS_LENGTH, what, (value) => parseRelayUrl(value) !== undefined);
const controllerUrls = listOf(
  text(2048, "an http or https URL without a path", isHttpOrigin),
  MAX_CONTROLLERS,
);

/** What the keys of `sdn` may be. */
export const sdnSchema: z.ZodType<SdnConfig> = z.strictObject({
  urls: z.unknown().transform(readControllers),
  relayName: text(
    MAX_RELAY_NAME_BYTES,
    `a relay's name: at most ${MAX_RELAY_NAME_BYTES} bytes that can be seen, not ., .. or __proto__, ` +
      "not ending in /drain or /undrain",
    (value) => value === "" || relayNameFault(value) === undefined,
  ),
  address: z.union([z.literal(""), relayUrl(RELAY_URL_FORM)], { error: RELAY_URL_FORM }),
  neighbors: z.unknown().transform(readNeighbors),
  heartbeatIntervalSec: seconds(0.1, 3600),
  tokenFile: path(),
  tls: z.strictObject({ caFile: path(), certFile: path(), keyFile: path() }),
  staleAfterMs: milliseconds(1000, 3_600_000),
  staleIsUnready: yesNo(),
  unregisteredIsUnready: yesNo(),
});

/** What `upstream` may be. */
export const upstreamSchema: z.ZodType<readonly string[]> = listOf(
  text(MAX_ADDRESS_LENGTH, UPSTREAM_FORM, (value) => parseUpstream(value) !== undefined),
  MAX_UPSTREAMS,
);

/** What the keys of `mesh` may be. */
export const meshSchema: z.ZodType<MeshConfig> = z.strictObject({
  pingIntervalMs: milliseconds(10, 60_000),
  linkTimeoutMs: milliseconds(20, 600_000),
  holdDownMs: milliseconds(0, 600_000),
  maxHops: integer(1, 255),
  failoverHoldMs: milliseconds(0, 600_000),
  addresses: z.unknown().transform(readAddresses),
  caFile: path(),
  insecure: yesNo(),
});

/** What must hold between the values that have to do with other relays, told at the place of `key`. */
export function brokenMeshRules({ relay, sdn, mesh }: RelayConfig) {
  const broken: { key: string; text: string }[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (sdn.urls.length === 0 && sdn.neighbors.size > 0) {
    refuse(
      "sdn.neighbors",
      "neighbours are found through a controller: write `sdn.urls` too, or take tracks from fixed " +
        "relays with `upstream`",
    );
  }
  const [nameKey, name] = sdn.relayName === ""
    ? ["relay.node_id", relay.nodeId]
    : ["sdn.relay_name", sdn.relayName];
  const fault = name === "" ? undefined : relayNameFault(name);
  if (sdn.urls.length > 0 && fault !== undefined) {
    refuse(nameKey, `the name ${fault}: other relays cannot use it`);
  }
  if (name !== "" && sdn.neighbors.has(name)) {
    refuse(`sdn.neighbors.${name}`, `this is the relay's own name, by \`${nameKey}\``);
  }
  if (sdn.tls.certFile === "" && sdn.tls.keyFile !== "") {
    refuse("sdn.tls.key_file", "a key needs its certificate: write `sdn.tls.cert_file` too");
  }
  if (sdn.tls.keyFile === "" && sdn.tls.certFile !== "") {
    refuse("sdn.tls.cert_file", "a certificate needs its key: write `sdn.tls.key_file` too");
  }
  if (mesh.linkTimeoutMs <= mesh.pingIntervalMs) {
    refuse(
      "mesh.link_timeout_ms",
      `${mesh.linkTimeoutMs} is over before a link can answer: write more than ` +
        `\`mesh.ping_interval_ms\`, which is ${mesh.pingIntervalMs}`,
    );
  }
  if (mesh.insecure && mesh.caFile !== "") {
    refuse("mesh.insecure", "`mesh.ca_file` verifies neighbours: remove one of the two");
  }
  return broken;
}

/** Reads a list of URLs, or one that is written without a list. */
function readControllers(value: unknown, context: z.RefinementCtx): readonly string[] {
  const read = controllerUrls.safeParse(typeof value === "string" ? items(value) : value);
  for (const { message, path } of read.error?.issues ?? []) {
    // A text has no items with places of their own.
    context.addIssue({
      code: "custom",
      message,
      path: typeof value === "string" ? [] : [...path],
    });
  }
  return read.data ?? z.NEVER;
}

/** Reads `{london: 250}`, or `london:250,paris:80` as a variable says it. */
function readNeighbors(value: unknown, context: z.RefinementCtx): ReadonlyMap<string, number> {
  const what = "a map of relays' names to costs, like {london: 250}, or london:250,paris:80";
  const refuse = (message: string, path: string[] = []) =>
    context.addIssue({ code: "custom", message, path });
  const pairs = typeof value === "string" ? pairsOf(value) : entriesOf(value);
  if (pairs === undefined || new Map(pairs).size < pairs.length) {
    refuse(what);
    return z.NEVER;
  }
  if (pairs.length > MAX_NEIGHBORS) refuse(`at most ${MAX_NEIGHBORS} neighbours`);
  for (const [name, cost] of pairs) {
    const fault = relayNameFault(name);
    const isCost = typeof cost === "number" && cost > 0 && cost <= MAX_COST;
    // What a variable says has no place of its own to be told at.
    const place = typeof value === "string" ? [] : [name];
    if (fault !== undefined) refuse(`relays' names; this one ${fault}`, place);
    else if (!isCost) refuse(`a cost above 0 and up to ${MAX_COST} for each`, place);
  }
  return new Map(pairs as [string, number][]);
}

/** Reads `{london: "moqt://10.0.0.7:4433"}`. */
function readAddresses(value: unknown, context: z.RefinementCtx): ReadonlyMap<string, string> {
  const pairs = entriesOf(value);
  if (pairs === undefined) {
    const message = 'a map of relays\' names to URLs, like {london: "moqt://10.0.0.7:4433"}';
    context.addIssue({ code: "custom", message, path: [] });
    return z.NEVER;
  }
  for (const [name, url] of pairs) {
    if (typeof url === "string" && parseRelayUrl(url) !== undefined) continue;
    context.addIssue({ code: "custom", message: RELAY_URL_FORM, path: [name] });
  }
  return new Map(pairs as [string, string][]);
}

/** The entries of a map, as YAML or a default has it; undefined for anything else. */
export function entriesOf(value: unknown): [string, unknown][] | undefined {
  if (value === null) return [];
  if (value instanceof Map) return [...value];
  return typeof value === "object" && !Array.isArray(value) ? Object.entries(value!) : undefined;
}

// A name may have a colon; a cost has none.
function pairsOf(text: string): [string, unknown][] | undefined {
  const pairs = items(text).map((item) => /^(.+):\s*(\d+(?:\.\d+)?)$/.exec(item));
  if (pairs.includes(null)) return undefined;
  return pairs.map((match) => [match![1]!.trim(), Number(match![2])]);
}

function items(text: string): string[] {
  return text.split(",").map((item) => item.trim()).filter((item) => item !== "");
}
