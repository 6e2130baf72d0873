import { scraper } from "@qumo/shared/metrics";
import assert from "node:assert/strict";
import { generateCertificate } from "../../../relay/transport/mod.ts";
import { stateFamilies, type StateSources } from "../../../sdn/control/state_families.ts";
import { Deadline } from "../deadline.ts";
import { temporaryFolder } from "../executables/cases.ts";
import { connectMoqt } from "../peers/moqt_peer.ts";
import { type RelayProcess, startRelay } from "../processes/relay_process.ts";
import { SdnProcess } from "../processes/sdn_process.ts";
import { found } from "../until.ts";

/**
 * The texts that the programs expose at /metrics: a relay that carries a track and has a link to
 * another, and two controllers of which one has a certificate and knows the other.
 */
export async function scrapePrograms(): Promise<string[]> {
  using deadline = new Deadline();
  await using plain = await SdnProcess.start();
  const urls = [plain.url];
  await using _neighbor = await startRelay({ sdn: { urls, relay_name: "london" } });
  await using relay = await startRelay({
    sdn: { urls, relay_name: "tokyo", neighbors: { london: 10 } },
    metrics: { per_track: 10 },
  });
  await carryTrack(relay, deadline);
  const { certificate, key } = await generateCertificate(["localhost", "127.0.0.1"]);
  await using folder = await temporaryFolder();
  const server = { cert_file: `${folder.path}/cert.pem`, key_file: `${folder.path}/key.pem` };
  await Deno.writeTextFile(server.cert_file, certificate);
  await Deno.writeTextFile(server.key_file, key);
  await using secure = await SdnProcess.start({
    server,
    graph: { peers: urls, sync_interval_sec: 0.1 },
  });
  using client = Deno.createHttpClient({ caCerts: [certificate] });
  const read = async () => await (await fetch(`${secure.url}/metrics`, { client })).text();
  const secureText = await textWith(/^qumo_sdn_last_sync_timestamp_seconds\{/m, read);
  const relayText = await textWith(/^qumo_relay_link_rtt_seconds\{/m, () => relay.metrics());
  return [relayText, await plain.get("/metrics"), secureText, await clusterText()];
}

/** What a controller on etcd exposes beside; with a member in every state, which takes an accident. */
async function clusterText(): Promise<string> {
  const states = ["leader", "follower", "leaderless", "silent"];
  const members = () => states.map((state) => ({ name: `http://${state}.example:2379`, state }));
  const families = stateFamilies({ members } as object as StateSources)
    .filter(({ name }) => name === "qumo_sdn_etcd_member");
  return (await scraper({ families, read: () => Promise.resolve() })()).text;
}

/** The first text that has a series which is there only once something has happened. */
function textWith(series: RegExp, read: () => Promise<string>): Promise<string> {
  return found(`${series}`, async () => {
    const text = await read();
    return series.test(text) ? text : undefined;
  });
}

/** Lets a viewer watch a publisher's track, so that it is there, and ask for one that is not. */
async function carryTrack(relay: RelayProcess, deadline: Deadline): Promise<void> {
  const publisher = await deadline.for("a publisher", connectMoqt(relay));
  const publication = await deadline.for("a namespace", publisher.publish("live/room", ["video"]));
  const viewer = await deadline.for("a viewer", connectMoqt(relay));
  await deadline.for("a subscription", viewer.subscribe("live/room", "video"));
  await deadline.for("the relay's subscription", publication.subscribed("video"));
  const nothing = viewer.subscribe("live/nowhere", "video");
  await deadline.for("a refusal", assert.rejects(nothing));
}
