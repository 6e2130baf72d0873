/** Clients of other people, every dialect that they speak, and where they can show a token in it. */
import * as Lite from "@moq/lite";
import * as Net from "@moq/net";
import * as Net01 from "@moq/net-0.1";
import * as Net02 from "@moq/net-0.2";
import type { DraftVersion } from "@moqt/transport";
import { MoqtClient, RequestRefused } from "../support/peers/moqt.ts";
import { asWebTransport } from "../support/peers/moq_net.ts";
import {
  connectionTransport,
  connectQuicTransport,
  dial,
  type QuicServerAddress,
} from "../support/transport/quic_transport.ts";
import { AIOMOQT_DRAFTS } from "./aiomoqt_requests.ts";
import { AiomoqtTokenPeer } from "./aiomoqt_token.ts";
import { startMoqRs } from "./moq_rs.ts";
import { pythonMissing } from "./python.ts";

/** A client at a relay, let in or not. */
export interface Visit {
  /** Resolves when it knows that it is out; absent: that cannot be seen from here. */
  readonly over?: Promise<unknown>;
  /** Publishes a namespace, and yields the code that this was refused with. */
  publish?(path: string): Promise<bigint | undefined>;
  close(): unknown;
}

/** A dialect of a client, and how a token gets from it to the relay. */
export interface Way {
  readonly protocol: string;
  readonly transport: "quic" | "webtransport";
  /** Where the token is; `none` where the client has no place for one. */
  readonly place: "URL" | "PATH" | "SETUP" | "none";
  /** The relay does not learn which path it is for. */
  readonly saysNoPath?: true;
  /** Rejects when it was not let in. */
  come(relay: QuicServerAddress, token: string | undefined): Promise<Visit>;
}

/** A client, and all that it can. */
export interface TokenClient {
  readonly name: string;
  readonly missing?: string | undefined;
  /** It speaks what the relay prefers, and cannot be told otherwise. */
  readonly takesWhatIsOffered?: true;
  readonly ways: readonly Way[];
}

const IETF = ["moq-00", "moqt-15", "moqt-16", "moqt-17"];
const LITE = ["moq-lite-03", "moq-lite-04"];

/** What the libraries of moq-dev have in common. */
type Connect = (url: URL, options: { readonly transport: WebTransport }) => Promise<{
  readonly closed: Promise<unknown>;
  close(): void;
}>;

/**
 * A library of moq-dev shows what its URL has, which only WebTransport and WebSocket send: to its
 * SETUP it adds neither PATH nor tokens, so that over raw QUIC it has none to show.
 */
function moqDev(name: string, connect: Connect, protocols: readonly string[]): TokenClient {
  const byUrl = protocols.map((protocol): Way => ({
    protocol,
    transport: "webtransport",
    place: "URL",
    async come(relay, token) {
      const url = urlOf(relay, token);
      const connection = await dial(url, {
        protocols: [protocol],
        serverCertificateHashes: [relay.certificateHash.toHex()],
      });
      const transport = asWebTransport(connectionTransport(connection));
      return visitOf(await connect(url, { transport }));
    },
  }));
  const byNothing = protocols.map((protocol): Way => ({
    protocol,
    transport: "quic",
    place: "none",
    async come(relay, token) {
      const transport = asWebTransport(await connectQuicTransport(relay, protocol));
      return visitOf(await connect(urlOf(relay, token), { transport }));
    },
  }));
  return { name, ways: [...byUrl, ...byNothing] };
}

function urlOf({ port }: QuicServerAddress, token: string | undefined): URL {
  return new URL(`https://127.0.0.1:${port}/demo${token === undefined ? "" : `?jwt=${token}`}`);
}

function visitOf(session: { readonly closed: Promise<unknown>; close(): void }): Visit {
  return { over: session.closed.catch(() => {}), close: () => session.close() };
}

/** `@moqt/transport` takes the tokens of SETUP from its caller, and says no PATH beside them. */
function moqtTransport(draft: DraftVersion): Way[] {
  const protocol = draft === 14 ? "moq-00" : `moqt-${draft}`;
  return [
    {
      protocol,
      transport: "quic",
      place: "SETUP",
      saysNoPath: true,
      async come(relay, token) {
        const authTokens = token === undefined ? [] : [moqtToken(token)];
        const transport = await connectQuicTransport(relay, protocol);
        return moqtVisit(await new MoqtClient(draft).connect(transport, { authTokens }));
      },
    },
    {
      protocol,
      transport: "webtransport",
      place: "URL",
      async come(relay, token) {
        const connection = await dial(urlOf(relay, token), {
          protocols: [protocol],
          serverCertificateHashes: [relay.certificateHash.toHex()],
        });
        return moqtVisit(await new MoqtClient(draft).connect(connectionTransport(connection)));
      },
    },
  ];
}

function moqtVisit(client: MoqtClient): Visit {
  return {
    over: client.closed,
    close: () => client.close(),
    publish: (path) =>
      client.publishNamespace(path).then(() => undefined, (error) => {
        if (error instanceof RequestRefused) return error.code;
        throw error;
      }),
  };
}

/** The library takes a token as bytes that its caller makes: USE_VALUE, and a type of no registry. */
function moqtToken(token: string): Uint8Array {
  return Uint8Array.of(3, 0, ...new TextEncoder().encode(token));
}

function aiomoqt(draft: number): Way[] {
  const protocol = draft === 14 ? "moq-00" : `moqt-${draft}`;
  const way = (transport: Way["transport"], place: "URL" | "SETUP"): Way => ({
    protocol,
    transport,
    place: place === "URL" && transport === "quic" ? "PATH" : place,
    come(relay, token) {
      const peer = new AiomoqtTokenPeer(relay, { draft, transport, place, token });
      // Over WebTransport the library does not say that the session was closed.
      const over = transport === "quic" ? { over: peer.over } : {};
      return Promise.resolve({ ...over, close: () => peer.close() });
    },
  });
  return [
    way("quic", "URL"),
    way("quic", "SETUP"),
    // Its parse_relay_url drops the query of an https URL: the script gives the path with it.
    way("webtransport", "URL"),
    way("webtransport", "SETUP"),
  ];
}

/** The library sends its path by moq-lite 05 in a SETUP; before there is none but WebTransport's. */
function moqRs(protocol: string): Way[] {
  // Over WebTransport it is the same in all of them.
  const isTried = LITE.includes(protocol) || ["moqt-18", "moq-lite-05"].includes(protocol);
  const transports = isTried ? ["quic", "webtransport"] as const : ["quic"] as const;
  return transports.map((transport) => ({
    protocol,
    transport,
    place: transport === "webtransport" ? "URL" : LITE.includes(protocol) ? "none" : "PATH",
    come(relay, token) {
      const { pathname, search } = urlOf(relay, token);
      const peer = startMoqRs(relay, { transport, path: pathname + search });
      return Promise.resolve({
        async close() {
          // The library waits for ever where it was turned away, and does not hear that it shall end.
          peer.vanish();
          await peer.close();
        },
      });
    },
  }));
}

/** Every one of them. */
export const TOKEN_CLIENTS: readonly TokenClient[] = [
  moqDev("@moq/net 0.3.4", Net.Connection.connect as Connect, [
    ...IETF,
    ...["moqt-18", "moqt-19", "moqt-20"],
    ...LITE,
    "moq-lite-05",
  ]),
  moqDev("@moq/net 0.2.8", Net02.Connection.connect as Connect, [
    ...IETF,
    ...["moqt-18", "moqt-19"],
    ...LITE,
    "moq-lite-05",
  ]),
  moqDev("@moq/net 0.1.9", Net01.Connection.connect as Connect, [
    ...IETF,
    ...["moqt-18", "moqt-19"],
    ...LITE,
  ]),
  moqDev("@moq/lite 0.2.2", Lite.Connection.connect as Connect, [...IETF, ...LITE]),
  { name: "@moqt/transport", ways: ([14, 16, 18] as const).flatMap(moqtTransport) },
  {
    name: "aiomoqt",
    missing: pythonMissing("aiomoqt"),
    ways: AIOMOQT_DRAFTS.flatMap(aiomoqt),
  },
  {
    name: "moq-rs",
    missing: pythonMissing("moq"),
    takesWhatIsOffered: true,
    ways: [
      ...IETF,
      ...["moqt-18", "moqt-19", "moqt-20", "moqt-21", "moqt-22"],
      ...LITE,
      ...["moq-lite-05", "moq-lite-06"],
    ].flatMap(moqRs),
  },
];
