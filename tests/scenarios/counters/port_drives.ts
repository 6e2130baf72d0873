import { generateCertificate } from "../../../relay/transport/mod.ts";
import { type Connection, dial, dialQuic } from "../../../relay/transport/mod.ts";
import { DEFAULTS, type RelayConfig } from "../../../relay/config.ts";
import { becomes } from "../../support/until.ts";
import { namespaceOf, ScriptedPeer } from "../../support/peers/scripted_peer.ts";
import type { MovedSeries } from "../../support/metrics/moved_series.ts";
import {
  type RelayInProcess,
  startRelayInProcess,
} from "../../support/processes/relay_in_process.ts";
import { MemoryListener } from "../../support/transport/memory_listener.ts";
import { connectWebSocket, requestWebSocket } from "../../support/transport/websocket_client.ts";
import { SdnProcess } from "../../support/processes/sdn_process.ts";
import {
  announce,
  objects,
  openSubgroup,
  sendSubgroup,
  sendSubscribeOk,
  subscribe,
} from "../script.ts";
import type { Drive } from "./drive.ts";

async function scrape({ relay }: RelayInProcess): Promise<string> {
  return await (await fetch(`http://${relay.address}/metrics`)).text();
}

/** Waits until a scrape shows something, and takes it. */
async function takeOnce(
  moved: MovedSeries,
  relay: RelayInProcess,
  shown: RegExp,
  act = () => Promise.resolve(),
): Promise<void> {
  await becomes(async () => {
    await act();
    const text = await scrape(relay);
    moved.take(text);
    return shown.test(text) ? "shown" : `not ${shown}`;
  }, "shown");
}

function call(
  { relay }: RelayInProcess,
  scheme = "moqt",
  options: { origin?: string } = {},
): Promise<Connection> {
  return dial(`${scheme}://${relay.address}/`, {
    protocols: ["moqt-18"],
    serverCertificateHashes: [relay.certificate.hash],
    ...options,
  });
}

/** A controller that refuses every relay like this. */
function refusingController(status: number, code: string) {
  const answer = () => Response.json({ error: "no", code }, { status });
  return Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, answer);
}

function at(url: string, sdn: Partial<RelayConfig["sdn"]> = {}): Partial<RelayConfig> {
  return { sdn: { ...DEFAULTS.sdn, urls: [url], relayName: "tokyo", ...sdn } };
}

/** Agrees to the first SUBSCRIBE that comes, whatever else is asked before. */
async function agree(publisher: ScriptedPeer): Promise<void> {
  for (;;) {
    const request = await publisher.acceptRequest();
    if ((await request.next()).kind === "subscribe") return await sendSubscribeOk(request);
  }
}

const REFUSALS = [
  [401, "unauthorized", "controller_unauthorized"],
  [403, "forbidden", "controller_forbidden"],
  [403, "relay_revoked", "relay_revoked"],
  [409, "stale_epoch", "name_taken"],
  [422, "invalid", "controller_refused"],
] as const;

/** What a whole relay shows on its port. */
export const PORTS: readonly Drive[] = [
  {
    what: "clients over QUIC, WebTransport and WebSocket, and a relay that drains",
    async run(moved) {
      await using relay = await startRelayInProcess();
      const publisher = await ScriptedPeer.connect(await call(relay));
      const viewer = await ScriptedPeer.connect(await call(relay, "https"));
      const { connection } = await connectWebSocket({ port: relay.port });
      const third = await ScriptedPeer.connect(connection);
      await third.theirSetup();
      await announce(publisher, "live");
      const watching = await subscribe(viewer);
      await agree(publisher);
      await watching.expect("subscribeOk");
      await openSubgroup(publisher, {}, ...objects(1));
      await takeOnce(moved, relay, /^qumo_relay_group_fills_inflight 1$/m);
      void relay.relay.drain();
      await takeOnce(moved, relay, /^qumo_relay_draining 1$/m);
      await (await call(relay)).closed;
      await takeOnce(moved, relay, /refused_total\{reason="draining"\} 1$/m);
      for (const peer of [publisher, viewer, third]) peer.close();
    },
  },
  {
    what: "clients that are turned away",
    async run(moved) {
      const server = {
        ...DEFAULTS.server,
        maxSessions: 1,
        allowedOrigins: ["https://good.example"],
      };
      await using relay = await startRelayInProcess({ server });
      const [hostname, port] = relay.relay.address.split(":");
      const unknown = { hostname: hostname!, port: Number(port), alpnProtocols: ["other"] };
      await dialQuic({ ...unknown, serverCertificateHashes: [relay.relay.certificate.hash] })
        .catch(() => {});
      await call(relay, "https", { origin: "https://bad.example" }).catch(() => {});
      const headers = { Origin: "https://bad.example" };
      (await requestWebSocket({ port: relay.port, headers })).stream.destroy();
      const first = await ScriptedPeer.connect(await call(relay));
      await first.theirSetup();
      await (await call(relay)).closed;
      await takeOnce(moved, relay, /refused_total\{reason="max_sessions"\} 1$/m);
      first.close();
    },
  },
  {
    what: "one client too many of an address",
    async run(moved) {
      const server = { ...DEFAULTS.server, maxConnectionsPerAddress: 1, knownAddresses: [] };
      await using relay = await startRelayInProcess({ server });
      const first = await ScriptedPeer.connect(await call(relay));
      await first.theirSetup();
      await (await call(relay)).closed;
      await takeOnce(moved, relay, /refused_total\{reason="address"\} 1$/m);
      first.close();
    },
  },
  {
    what: "a listener whose peers have sent what nobody has read",
    async run(moved) {
      const listener = new MemoryListener();
      listener.unreadBytes = 9;
      await using relay = await startRelayInProcess({}, {}, { openListeners: () => [listener] });
      moved.take(await scrape(relay));
    },
  },
  {
    what: "a certificate that is replaced, and one that cannot be used",
    async run(moved) {
      const [before, after] = [
        await generateCertificate(["localhost"]),
        await generateCertificate(["localhost"]),
      ];
      const files: Record<string, string> = { "c.pem": before.certificate, "k.pem": before.key };
      const server = { ...DEFAULTS.server, certFile: "c.pem", keyFile: "k.pem" };
      await using relay = await startRelayInProcess({ server }, files);
      files["c.pem"] = after.certificate;
      await relay.relay.reload();
      files["k.pem"] = after.key;
      await relay.relay.reload();
      moved.take(await scrape(relay));
    },
  },
  {
    what: "keys of tokens that are replaced, and some that cannot be read",
    async run(moved) {
      const files: Record<string, string> = { "k.jwk": keyText("a") };
      const auth = { ...DEFAULTS.auth, mode: "token" as const, keys: ["k.jwk"] };
      await using relay = await startRelayInProcess({ auth }, files);
      files["k.jwk"] = keyText("b");
      await relay.relay.reload();
      files["k.jwk"] = "none";
      await relay.relay.reload();
      moved.take(await scrape(relay));
    },
  },
  ...REFUSALS.map(([status, code, condition]): Drive => ({
    what: `a controller that refuses with ${code}`,
    async run(moved) {
      const controller = refusingController(status, code);
      const url = `http://127.0.0.1:${controller.addr.port}`;
      await using relay = await startRelayInProcess(at(url));
      await takeOnce(moved, relay, new RegExp(`condition="${condition}",relay="tokyo"\\} 1$`, "m"));
      await relay.relay.close();
      await controller.shutdown();
    },
  })),
  {
    what: "a controller that does not answer",
    async run(moved) {
      const controller = refusingController(200, "");
      const url = `http://127.0.0.1:${controller.addr.port}`;
      await controller.shutdown();
      await using relay = await startRelayInProcess(at(url));
      await takeOnce(moved, relay, /condition="controller_unreachable",relay="tokyo"\} 1$/m);
    },
  },
  {
    what: "a controller, a link and a track that comes by it, then no controller any more",
    async run(moved) {
      await using controller = await SdnProcess.start();
      const { url } = controller;
      await using london = await startRelayInProcess(at(url, { relayName: "london" }));
      const neighbors = new Map([["london", 10]]);
      await using tokyo = await startRelayInProcess({
        ...at(url, { neighbors, staleAfterMs: 1_000 }),
        metrics: { perTrack: 10 },
        mesh: { ...DEFAULTS.mesh, insecure: true },
      });
      await takeOnce(moved, tokyo, /^qumo_relay_link_rtt_seconds\{/m);
      const publisher = await ScriptedPeer.connect(await call(london));
      await announce(publisher, "live");
      const viewer = await ScriptedPeer.connect(await call(tokyo));
      const watching = await viewer.request({
        kind: "subscribeNamespace",
        prefix: namespaceOf(""),
        parameters: {},
      });
      await watching.expect("requestOk");
      await watching.expect("namespace");
      await subscribe(viewer);
      await agree(publisher);
      let group = 0n;
      // What came before the viewer's subscription was there is not for it.
      await takeOnce(moved, tokyo, /^qumo_relay_egress_bytes_total\{.*\} [1-9]/m, async () => {
        await sendSubgroup(publisher, { group: group++ }, ...objects(1));
      });
      await controller.end("SIGKILL");
      await takeOnce(moved, tokyo, /condition="stale_mirror",relay="tokyo"\} 1$/m);
      for (const peer of [publisher, viewer]) peer.close();
    },
  },
];

function keyText(letter: string): string {
  return JSON.stringify({ kty: "oct", alg: "HS256", k: letter.repeat(43) });
}
