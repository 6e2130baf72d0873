import assert from "node:assert/strict";
import { generateCertificate } from "../../../relay/transport/mod.ts";
import { ControllerMetrics } from "../../../sdn/control/metrics.ts";
import type { ClusterMember } from "../../../sdn/store/types.ts";
import { Deadline } from "../deadline.ts";
import { connectMoqt } from "../peers/moqt_peer.ts";
import { type RelayProcess, startRelay } from "../processes/relay_process.ts";
import { SdnProcess } from "../processes/sdn_process.ts";
import { until } from "../until.ts";

/** The values that each label of a metric has had, by the names of metrics and labels. */
export type MetricLabels = Map<string, Map<string, Set<string>>>;

/** What Prometheus adds to every series by itself, and to those of no program. */
const ADDED = ["job", "instance"];

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
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/cert.pem`, certificate);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  await using secure = await SdnProcess.start({
    server: { cert_file: `${folder}/cert.pem`, key_file: `${folder}/key.pem` },
    graph: { peers: urls, sync_interval_sec: 0.1 },
  });
  using client = Deno.createHttpClient({ caCerts: [certificate] });
  const secureText = await textWith(
    /^qumo_sdn_last_sync_timestamp_seconds\{/m,
    () => get(`${secure.url}/metrics`, client),
  );
  const relayText = await textWith(/^qumo_relay_link_rtt_seconds\{/m, () => relay.metrics());
  await Deno.remove(folder, { recursive: true });
  return [relayText, await get(`${plain.url}/metrics`), secureText, await clusterText()];
}

/** What a controller on etcd exposes beside; with a member in every state, which takes an accident. */
function clusterText(): Promise<string> {
  const states: readonly ClusterMember["state"][] = ["leader", "follower", "leaderless", "silent"];
  return new ControllerMetrics({
    relays: () => ({
      registered: 0,
      draining: 0,
      unreachable: 0,
      expired: 0,
      deregistered: 0,
      never_registered: 0,
    }),
    announces: () => 0,
    announceBytes: () => 0,
    historyBytes: () => 0,
    interests: () => 0,
    flows: () => 0,
    access: () => ({ revocations: { token: 1 }, policies: 1 }),
    usages: () => 0,
    usagesLeftOut: () => 0,
    kicks: () => 0,
    kicksLost: () => 0,
    prolonged: () => 0,
    revision: () => 0,
    isStoreHealthy: () => true,
    events: () => new Map(),
    members: () => states.map((state) => ({ name: `http://${state}.example:2379`, state })),
  }).text();
}

/** The first text that has a series which is there only once something has happened. */
async function textWith(series: RegExp, read: () => Promise<string>): Promise<string> {
  let text = "";
  await until(`${series}`, async () => series.test(text = await read()));
  return text;
}

/** What can be asked of Prometheus when programs expose these texts. */
export function readLabels(texts: readonly string[]): MetricLabels {
  const metrics: MetricLabels = new Map([["up", new Map()]]);
  for (const text of texts) addMetrics(metrics, text);
  for (const labels of metrics.values()) for (const label of ADDED) labels.set(label, new Set());
  return metrics;
}

/** Lets a viewer watch a publisher's track, so that it is there, and ask for one that is not. */
async function carryTrack(relay: RelayProcess, deadline: Deadline): Promise<void> {
  const publisher = await deadline.for("a publisher", connectMoqt(relay));
  const publication = await deadline.for("a namespace", publisher.publish("live/room", ["video"]));
  const viewer = await deadline.for("a viewer", connectMoqt(relay));
  await deadline.for("a subscription", viewer.client.subscribe("live/room", "video"));
  await deadline.for("the relay's subscription", publication.subscribed("video"));
  const nothing = viewer.client.subscribe("live/nowhere", "video");
  await deadline.for("a refusal", assert.rejects(nothing));
}

async function get(url: string, client?: Deno.HttpClient): Promise<string> {
  const response = await fetch(url, client && { client });
  return await response.text();
}

function addMetrics(metrics: MetricLabels, text: string): void {
  for (const line of text.split("\n")) {
    const declared = /^# TYPE (\w+) (\w+)$/.exec(line);
    const [, name, labels = ""] = /^(\w+)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    // A counter that has counted nothing yet may have no series.
    if (declared !== null && declared[2] !== "histogram") labelsOf(metrics, declared[1]!);
    if (name === undefined) continue;
    const known = labelsOf(metrics, name);
    for (const [, label, value] of labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
      known.set(label!, (known.get(label!) ?? new Set()).add(value!));
    }
  }
}

function labelsOf(metrics: MetricLabels, name: string) {
  const known = metrics.get(name) ?? new Map<string, Set<string>>();
  metrics.set(name, known);
  return known;
}
