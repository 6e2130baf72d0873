import {
  acmeFaults,
  certificatePairFaults,
  isLoopback,
  type KeyFault,
  parseAddress,
} from "@qumo/shared/runtime";
import { relayNameFault } from "@qumo/shared/topology";
import { controllerPair, serverPair } from "./files.ts";
import { brokenMembers } from "./members.ts";
import type { RelayConfig } from "./settings.ts";

/** Rules between values; each fault is reported at the place of `key`. */
export function brokenRules(config: RelayConfig): KeyFault[] {
  const { server, auth, ops } = config;
  const broken: KeyFault[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (auth.mode === "loopback" && !isLoopback(parseAddress(server.address)!)) {
    refuse(
      "server.address",
      `refusing to listen on ${server.address} without access control: ` +
        "set `auth.mode: open` (or INSECURE=true) to allow anyone, or listen on 127.0.0.1",
    );
  }
  broken.push(...brokenAccess(auth, hasMeshKeys(config)));
  const rtmp = parseAddress(config.ingest.rtmp.address);
  if (auth.mode === "loopback" && rtmp !== undefined && !isLoopback(rtmp)) {
    refuse(
      "ingest.rtmp.address",
      `refusing to listen for RTMP on ${config.ingest.rtmp.address} without access control: ` +
        "set `auth.mode`, or listen on 127.0.0.1",
    );
  }
  broken.push(...certificatePairFaults(serverPair(config)));
  broken.push(...acmeFaults(config.acme, server.certFile));
  if (ops.details === "open" && ops.tokens.length > 0) {
    refuse("ops.details", "open shows everything without a token: remove it, or `ops.tokens`");
  }
  const protocols = protocolsFault(server.protocols);
  if (protocols !== undefined) refuse("server.protocols", protocols);
  if (server.keepAliveMs >= server.idleTimeoutMs) {
    refuse(
      "server.keep_alive_ms",
      `${server.keepAliveMs} keeps no connection alive: write less than ` +
        `\`server.idle_timeout_ms\`, which is ${server.idleTimeoutMs}, or 0`,
    );
  }
  return [
    ...broken,
    ...brokenSizes(config),
    ...brokenMeshRules(config),
    ...brokenMembers(config),
  ];
}

/** Rules between values of access control. */
function brokenAccess(
  { mode, keys, public: everybody, lateTokens, hook, cat }: RelayConfig["auth"],
  isMesh: boolean,
): KeyFault[] {
  const isPublic = everybody.publish.length + everybody.subscribe.length > 0;
  if (mode === "token") {
    if (cat.enabled && keys.length === 0) {
      return [{ key: "auth.cat.enabled", text: "CAT are verified with `auth.keys`: name one" }];
    }
    return keys.length > 0 || isPublic || isMesh || hook.url !== "" ? [] : [{
      key: "auth.keys",
      text: "with `auth.mode: token` and no keys nobody could come in: name a file with a key",
    }];
  }
  const useless = [
    ["auth.keys", keys.length > 0],
    ["auth.public", isPublic],
    ["auth.late_tokens", lateTokens],
    ["auth.hook.url", hook.url !== ""],
    ["auth.cat.enabled", cat.enabled],
  ] as const;
  return useless.filter(([, isSet]) => isSet).map(([key]) => ({
    key,
    text: `nobody is asked for a token while \`auth.mode\` is ${mode}: write \`auth.mode: token\``,
  }));
}

function hasMeshKeys({ mesh }: RelayConfig): boolean {
  return mesh.keyFile !== "" || mesh.trustedKeys.length > 0;
}

function protocolsFault(protocols: readonly string[]): string | undefined {
  if (protocols.length === 0) return "clients must be able to speak something: name a protocol";
  const twice = protocols.find((item, at) => protocols.indexOf(item) < at);
  return twice === undefined ? undefined : `${twice} is in the list twice`;
}

/** Rules between numbers of bytes. */
function brokenSizes({ server, cache, limits }: RelayConfig): KeyFault[] {
  const broken: KeyFault[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (server.maxUnreadBytesPerConnection > server.maxUnreadBytes) {
    refuse(
      "server.max_unread_bytes_per_connection",
      "one peer may not have more than `server.max_unread_bytes`",
    );
  }
  if (cache.maxTrackBytes > cache.maxBytes) {
    refuse("cache.max_track_bytes", "one track may not have more than `cache.max_bytes`");
  }
  if (cache.disk.maxTrackBytes > cache.disk.maxBytes) {
    refuse("cache.disk.max_track_bytes", "one track may not have more than `cache.disk.max_bytes`");
  }
  if (limits.maxObjectBytes > cache.maxTrackBytes) {
    refuse("limits.max_object_bytes", "an object must fit `cache.max_track_bytes`");
  }
  return broken;
}

/** Rules between values of links and the controller. */
function brokenMeshRules(config: RelayConfig): KeyFault[] {
  const { relay, sdn, mesh } = config;
  const broken: KeyFault[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (sdn.urls.length === 0 && sdn.neighbors.size > 0) {
    refuse(
      "sdn.neighbors",
      "neighbors are found through a controller: write `sdn.urls` too, or take tracks from fixed " +
        "relays with `upstream`",
    );
  }
  const [nameKey, name] = sdn.relayName === ""
    ? ["relay.node_id", relay.nodeId]
    : ["sdn.relay_name", sdn.relayName];
  const fault = name === "" ? undefined : relayNameFault(name);
  if (hasMeshKeys(config) && sdn.urls.length === 0 && name === "") {
    refuse("mesh", "keys prove the names of relays: write this one's to `relay.node_id`");
  }
  if ((sdn.urls.length > 0 || hasMeshKeys(config)) && fault !== undefined) {
    refuse(nameKey, `the name ${fault}: other relays cannot use it`);
  }
  if (name !== "" && sdn.neighbors.has(name)) {
    refuse(`sdn.neighbors.${name}`, `this is the relay's own name, by \`${nameKey}\``);
  }
  broken.push(...certificatePairFaults(controllerPair(config)));
  if (mesh.linkTimeoutMs <= mesh.pingIntervalMs) {
    refuse(
      "mesh.link_timeout_ms",
      `${mesh.linkTimeoutMs} is over before a link can answer: write more than ` +
        `\`mesh.ping_interval_ms\`, which is ${mesh.pingIntervalMs}`,
    );
  }
  if (mesh.insecure && mesh.caFile !== "") {
    refuse("mesh.insecure", "`mesh.ca_file` verifies neighbors: remove one of the two");
  }
  return broken;
}
