import { lookup } from "node:dns/promises";
import { type Clock, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "./errors.ts";
import { firstAnswer } from "./first_answer.ts";
import { connectWebTransport } from "./h3/mod.ts";
import { dialQuic } from "./quic.ts";
import type { QuicTransportOptions } from "./quic_options.ts";
import type { Connection } from "./types.ts";

/** What to speak, and how to know that it is them. */
export interface DialOptions extends QuicTransportOptions {
  /** The protocols we speak, what we like best first. */
  readonly protocols: readonly string[];
  /** PEM certificates trusted beside the well-known roots. */
  readonly caCerts?: readonly string[];
  /** SHA-256 in hex of the certificates that are accepted; then nothing else but dates is checked. */
  readonly serverCertificateHashes?: readonly string[];
  /** As a page of this origin would come; WebTransport only. */
  readonly origin?: string;
  readonly clock?: Clock;
}

/**
 * Calls a peer: `moqt://host:port` over raw QUIC, `https://host:port/path` over WebTransport; without
 * a port it is 443. Every address of the name is tried, the next as soon as one hesitates. Rejects
 * with a `handshake` {@linkcode TransportError} when no connection comes about.
 */
export async function dial(url: string | URL, options: DialOptions): Promise<Connection> {
  const clock = options.clock ?? systemClock;
  const target = parseTarget(url);
  const addresses = await resolve(target.hostname);
  return await firstAnswer(addresses, (address) => call(address, target, options, clock), clock);
}

interface Target {
  readonly webTransport: boolean;
  readonly hostname: string;
  readonly port: number;
  readonly authority: string;
  readonly path: string;
}

function parseTarget(text: string | URL): Target {
  const url = URL.parse(String(text));
  if (url === null || url.hostname === "" || !SCHEMES.includes(url.protocol)) {
    throw new TransportError("handshake", 0, `Cannot dial ${text}: not a moqt:// or https:// URL`);
  }
  return {
    webTransport: url.protocol === "https:",
    hostname: url.hostname.replace(/^\[|\]$/g, ""),
    port: url.port === "" ? 443 : Number(url.port),
    authority: url.host,
    path: url.pathname + url.search,
  };
}

async function resolve(hostname: string): Promise<string[]> {
  try {
    // Deno's QUIC would look the name up as well, but with the whole program at a halt.
    const found = await lookup(hostname, { all: true });
    return [...new Set(found.map(({ address }) => address))].slice(0, MAX_ADDRESSES);
  } catch (cause) {
    throw new TransportError("handshake", 0, `Cannot resolve ${hostname}`, { cause });
  }
}

async function call(
  address: string,
  { webTransport, hostname, port, authority, path }: Target,
  options: DialOptions,
  clock: Clock,
): Promise<Connection> {
  const { protocols, origin, handshakeTimeout } = options;
  const raw = await dialQuic({
    ...options,
    hostname: address,
    port,
    serverName: hostname,
    alpnProtocols: webTransport ? ["h3"] : protocols,
  }, clock);
  if (!webTransport) return raw;
  return await connectWebTransport(raw, {
    authority,
    path,
    protocols,
    clock,
    ...(origin !== undefined && { origin }),
    ...(handshakeTimeout !== undefined && { handshakeTimeout }),
  });
}

const SCHEMES = ["moqt:", "https:"];
// A name with more addresses than this is balanced over many machines: any few of them will do.
const MAX_ADDRESSES = 4;
