import { lookup } from "node:dns/promises";
import { type Clock, systemClock } from "@qumo/shared/runtime";
import { TransportError } from "./errors.ts";
import { firstAnswer } from "./first_answer.ts";
import { connectWebTransport } from "./h3/mod.ts";
import { dialQuic } from "./quic.ts";
import type { QuicTransportOptions } from "./quic_options.ts";
import type { Connection } from "./types.ts";

/** Options of {@linkcode dial}. */
export interface DialOptions extends QuicTransportOptions {
  /** The protocols to offer, in order of preference. */
  readonly protocols: readonly string[];
  /** PEM certificates that are trusted beside the system's roots. */
  readonly caCerts?: readonly string[];
  /**
   * SHA-256 hashes, in hex, of the accepted certificates; apart from its dates nothing else is
   * verified then.
   */
  readonly serverCertificateHashes?: readonly string[];
  /** The `Origin` to send; WebTransport only. */
  readonly origin?: string;
  readonly clock?: Clock;
}

/**
 * Connects to a peer: `moqt://host:port` by raw QUIC, `https://host:port/path` by WebTransport; the
 * default port is 443. Tries every address of the name in turn (happy eyeballs). Rejects with a
 * `handshake` {@linkcode TransportError} when no connection can be made.
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
    // Deno's QUIC would resolve the name with a blocking call.
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
// A name with more addresses is load-balanced: a few of them are enough.
const MAX_ADDRESSES = 4;
