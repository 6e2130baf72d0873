/** What runs in a browser: a library over the browser's own WebTransport, waiting to be told what to do. */
import * as Lite from "@moq/lite";
import { Connection } from "@moq/net";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import { MoqtPeer } from "../support/peers/moqt_session.ts";
import type { Peer } from "../support/peers/peer.ts";
import { BroadcastPeer } from "./broadcast_peer.ts";

/** The libraries that a page can use. `@moq/net` speaks draft 18 only where the browser negotiates. */
export type PageLibrary = "@moq/net" | "@moq/net without UDP" | "@moq/lite" | "@moqt/transport";

/** Connects to a relay whose certificate has this hash, as a page of a web application would. */
async function connect(library: PageLibrary, url: string, hash: string): Promise<Peer> {
  const connecting = {
    "@moq/net": connectMoqNet,
    "@moq/net without UDP": connectWithoutUdp,
    "@moq/lite": connectMoqLite,
    "@moqt/transport": connectMoqt,
  };
  const peer = await connecting[library](url, hash);
  // Firefox keeps the session of a page that is left until it is idle for too long.
  addEventListener("pagehide", () => peer.close());
  return peer;
}

async function connectMoqNet(url: string, hash: string): Promise<MoqNetPeer> {
  const session = await Connection.connect(new URL(url), {
    webtransport: { serverCertificateHashes: [{ value: hash }] },
    // Without this a failing WebTransport could hide behind a WebSocket.
    websocket: { enabled: false },
  });
  return new MoqNetPeer(session);
}

/** As the library does it by itself, where nothing answers over UDP. */
async function connectWithoutUdp(url: string): Promise<MoqNetPeer> {
  const session = await Connection.connect(new URL("https://127.0.0.1:9/"), {
    websocket: { url: new URL(url.replace("https:", "http:")) },
  });
  return new MoqNetPeer(session);
}

/** In Firefox it takes a WebSocket whatever it is told. */
async function connectMoqLite(url: string, hash: string): Promise<BroadcastPeer> {
  const value = Uint8Array.fromHex(hash);
  const session = await Lite.Connection.connect(new URL(url), {
    webtransport: { serverCertificateHashes: [{ algorithm: "sha-256", value }] },
    websocket: { enabled: false },
  });
  // What is used of the library is the same in both versions.
  return new BroadcastPeer(session as never, Lite as never);
}

async function connectMoqt(url: string, hash: string): Promise<MoqtPeer> {
  const value = Uint8Array.fromHex(hash);
  // Firefox knows no protocols, Deno's types neither.
  const options = {
    protocols: ["moqt-18"],
    serverCertificateHashes: [{ algorithm: "sha-256", value }],
  };
  const session = new WebTransport(url, options);
  await session.ready;
  return await new MoqtPeer().connect(session);
}

/** What the page offers to whoever drives the browser. */
export type BrowserPage = { readonly connect: typeof connect };

Object.assign(globalThis, { connect } satisfies BrowserPage);
