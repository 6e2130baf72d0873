/** What runs in the browser: `@moq/net` over the browser's own WebTransport, waiting to be told what to do. */
import { Connection } from "@moq/net";
import { MoqNetPeer } from "./moq_net_peer.ts";
import type { Peer } from "./peer.ts";

/** Connects to a relay whose certificate has this hash, as a page of a web application would. */
async function connect(url: string, certificateHash: string): Promise<Peer> {
  const session = await Connection.connect(new URL(url), {
    webtransport: { serverCertificateHashes: [{ value: certificateHash }] },
    // Without this a failing WebTransport could hide behind a WebSocket.
    websocket: { enabled: false },
  });
  return new MoqNetPeer("@moq/net in Chromium", session);
}

/** What the page offers to whoever drives the browser. */
export type BrowserPage = { readonly connect: typeof connect };

Object.assign(globalThis, { connect } satisfies BrowserPage);
