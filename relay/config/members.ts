import { formatAddress, type KeyFault, parseAddress, reachable } from "@qumo/shared/runtime";
import { parseRelayUrl } from "../control_plane/mod.ts";
import type { RelayConfig } from "./settings.ts";

// What a link between members costs: less than one to any other relay may.
const SIBLING_COST = 1;

const MIN_UNREAD_BYTES = 2_097_152;
const MAX_PORT = 65_535;

/** Whether a process with this configuration starts the members of its machine, and is none. */
export function isGroup({ host }: RelayConfig): boolean {
  return host.members > 1 && host.member === 0;
}

/** The name of what the members are together: the relay's, or else the machine's. */
function groupName({ sdn, relay }: RelayConfig, hostname: () => string): string {
  return sdn.relayName || relay.nodeId || hostname();
}

/** The name of a member: `tokyo-1` for the first one of `tokyo`. */
export function memberName(config: RelayConfig, member: number, hostname: () => string): string {
  return `${groupName(config, hostname)}-${member}`;
}

/**
 * The configuration of the member that this process is: with its name, its ports, its share of what
 * the machine may take, and links to the other members. A configuration without members is itself.
 */
export function memberConfig(config: RelayConfig, hostname: () => string): RelayConfig {
  const { host: { members, member }, server, relay, cache, ingest, hls, sdn, mesh } = config;
  if (member === 0) return config;
  const share = (whole: number, least = 1) => Math.max(least, Math.floor(whole / members));
  const name = memberName(config, member, hostname);
  const others = siblings(config, hostname);
  const maxBytes = share(cache.maxBytes);
  const maxUnreadBytes = share(server.maxUnreadBytes, MIN_UNREAD_BYTES);
  return {
    ...config,
    server: {
      ...server,
      address: nth(server.address, member),
      maxSessions: share(server.maxSessions),
      maxHandshakes: share(server.maxHandshakes),
      maxUnreadBytes,
      maxUnreadBytesPerConnection: Math.min(server.maxUnreadBytesPerConnection, maxUnreadBytes),
    },
    relay: { ...relay, nodeId: name },
    cache: {
      ...cache,
      maxBytes,
      maxTrackBytes: Math.min(cache.maxTrackBytes, maxBytes),
      disk: memberDisk(config),
    },
    ingest: {
      ...ingest,
      rtmp: { ...ingest.rtmp, address: nth(ingest.rtmp.address, member) },
      maxEncoders: share(ingest.maxEncoders),
    },
    hls: { ...hls, maxBroadcasts: share(hls.maxBroadcasts), maxBytes: share(hls.maxBytes) },
    sdn: {
      ...sdn,
      relayName: name,
      address: nthUrl(sdn.address, member),
      neighbors: new Map(
        sdn.urls.length === 0 ? [] : [
          ...[...others].map(([other]) => [other, SIBLING_COST] as const),
          ...sdn.neighbors,
        ],
      ),
    },
    mesh: { ...mesh, addresses: new Map([...others, ...mesh.addresses]) },
  };
}

/** A folder of its own in that of all members, and its share of the bytes. */
function memberDisk({ cache: { disk }, host: { members, member } }: RelayConfig) {
  const maxBytes = Math.floor(disk.maxBytes / members);
  return {
    ...disk,
    folder: disk.folder === "" ? "" : `${disk.folder}/${member}`,
    maxBytes,
    maxTrackBytes: Math.min(disk.maxTrackBytes, maxBytes),
  };
}

/** Whether a relay is another member of this one's machine, by its name. */
export function isSibling(
  { host: { members, member }, relay }: RelayConfig,
  name: string,
): boolean {
  if (member === 0) return false;
  const group = relay.nodeId.slice(0, -`${member}`.length);
  const number = Number(name.slice(group.length));
  return name === `${group}${number}` && number !== member && number >= 1 && number <= members;
}

/** The other members, and where each takes calls from this machine. */
function siblings(config: RelayConfig, hostname: () => string): ReadonlyMap<string, string> {
  const { host: { members, member }, server } = config;
  const numbers = Array.from({ length: members }, (_, place) => place + 1);
  return new Map(
    numbers.filter((other) => other !== member).map((other) => {
      const address = reachable(parseAddress(nth(server.address, other))!);
      return [memberName(config, other, hostname), `moqt://${formatAddress(address)}`];
    }),
  );
}

/** The address of a member, from that of the first one. */
function nth(address: string, member: number): string {
  const parsed = parseAddress(address);
  return parsed === undefined
    ? address
    : formatAddress({ ...parsed, port: parsed.port + member - 1 });
}

function nthUrl(url: string, member: number): string {
  const parsed = parseRelayUrl(url);
  if (parsed === undefined) return url;
  const [scheme] = url.split(":");
  return `${scheme}://${formatAddress({ ...parsed, port: parsed.port + member - 1 })}`;
}

/** Rules between values of a machine's members. */
export function brokenMembers(config: RelayConfig): KeyFault[] {
  const { host: { members, member }, server, ingest, cache, limits, sdn, upstream } = config;
  const broken: KeyFault[] = [];
  const refuse = (key: string, text: string) => void broken.push({ key, text });
  if (member > members) {
    refuse("host.member", `there is no member ${member}: \`host.members\` is ${members}`);
  }
  if (members === 1) return broken;
  if (config.acme.domains.length > 0) {
    refuse(
      "acme.domains",
      "one program of a machine can answer the authority: let members take `server.cert_file`",
    );
  }
  const { port } = parseAddress(server.address)!;
  const rtmp = parseAddress(ingest.rtmp.address)?.port;
  for (const [key, first] of [["server.address", port], ["ingest.rtmp.address", rtmp]] as const) {
    if (first === 0) {
      refuse(key, "members have ports one after the other: write that of the first one");
    } else if (first !== undefined && first + members - 1 > MAX_PORT) {
      refuse(key, `there are no ${members} ports from ${first} on`);
    }
  }
  if (rtmp !== undefined && Math.abs(rtmp - port) < members) {
    refuse("ingest.rtmp.address", "this port is another member's: `server.address` begins them");
  }
  if (sdn.urls.length === 0 && upstream.length === 0) {
    refuse(
      "host.members",
      "members learn from a controller which of them has a track: write `sdn.urls`, or `upstream` " +
        "where all tracks come from there",
    );
  }
  if (cache.maxBytes / members < limits.maxObjectBytes) {
    refuse(
      "cache.max_bytes",
      `each of ${members} members has its part of it, and \`limits.max_object_bytes\` must fit`,
    );
  }
  return broken;
}
