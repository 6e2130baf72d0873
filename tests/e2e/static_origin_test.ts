/** Edges that take tracks from an origin of the configuration, and how they know that it is the origin. */
import assert from "node:assert/strict";
import { DEFAULTS } from "../../relay/config/definition.ts";
import { listenQuic, openEndpoint } from "../../relay/transport/mod.ts";
import type { LinkView } from "../../relay/views.ts";
import { makeCertificate, makeSignedCertificate } from "../support/transport/certificate.ts";
import { Deadline } from "../support/deadline.ts";
import { connectMoqNet, moqNetBy } from "../support/peers/moq_net.ts";
import { connectMoqt } from "../support/peers/moqt_peer.ts";
import { until } from "../support/until.ts";
import type { Peer } from "../support/peers/peer.ts";
import { type RelayInProcess, startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { payloadOf } from "../support/peers/traffic.ts";

const PATH = "example.net/live/a";

interface Mesh {
  readonly caFile?: string;
  readonly insecure?: boolean;
}

/** An edge of an origin, verified as `mesh` says. */
function startEdge(
  origin: RelayInProcess,
  mesh: Mesh,
  files: Record<string, string> = {},
): Promise<RelayInProcess> {
  return startRelayInProcess({
    upstream: [`moqt://127.0.0.1:${origin.port}`],
    mesh: { ...DEFAULTS.mesh, ...mesh },
  }, files);
}

async function originOf(certificate: { certificate: string; key: string }) {
  const server = { ...DEFAULTS.server, certFile: "cert.pem", keyFile: "key.pem" };
  return await startRelayInProcess(
    { server },
    { "cert.pem": certificate.certificate, "key.pem": certificate.key },
  );
}

/** The only link of an edge. */
async function linkOf({ relay }: RelayInProcess): Promise<LinkView> {
  const { mesh } = await relay.read(["mesh"]);
  return mesh!.links[0]!;
}

/** A group that is published at one relay arrives at another. */
async function passOn(deadline: Deadline, publisher: Peer, watcher: Peer): Promise<void> {
  const publication = await deadline.for("the namespace", publisher.publish(PATH, ["video"]));
  await deadline.for("the announcement", watcher.announced(PATH));
  const watch = await deadline.for("SUBSCRIBE_OK", watcher.watch(PATH, "video"));
  await deadline.for("the subscription at the publisher", publication.subscribed("video"));
  const group = await deadline.for("a group", publication.startGroup("video"));
  for (const [object, size] of [0, 1200, 50_000].entries()) {
    await deadline.for("a write", group.write(payloadOf(0, object, size)));
    const found = await deadline.for(`object ${object}`, watch.next());
    assert.deepEqual(found, { group: 0, object, payload: payloadOf(0, object, size) });
  }
  await deadline.for("the end of the group", group.end());
  await deadline.for("the publication to end", publication.end());
}

Deno.test("an edge takes a track from its origin, and an edge of that edge from it", async () => {
  using deadline = new Deadline();
  await using origin = await startRelayInProcess();
  await using middle = await startEdge(origin, { insecure: true });
  await using edge = await startEdge(middle, { insecure: true });
  const publisher = await connectMoqNet(origin);
  const watcher = await connectMoqNet(edge);
  await passOn(deadline, publisher, watcher);
  await publisher.close();
  await watcher.close();
});

const DIALECTS = [
  ["moqt-20", "moqt-18"],
  ["moqt-19", "moqt-20"],
  ["moq-lite-05", "moq-lite-04"],
  ["moq-lite-04", "moqt-18"],
  ["moqt-20", "moq-lite-05"],
] as const;

for (const [from, to] of DIALECTS) {
  Deno.test(`an edge shows in ${to} what its origin has in ${from}, over a link of draft 18`, async () => {
    using deadline = new Deadline();
    await using origin = await startRelayInProcess();
    await using edge = await startEdge(origin, { insecure: true });
    const publisher = await moqNetBy(from)(origin);
    const watcher = await moqNetBy(to)(edge);
    await passOn(deadline, publisher, watcher);
    const { sessions } = await origin.relay.read(["sessions"], { offset: 0, limit: 10 });
    const found = sessions.rows.map(({ protocol }) => protocol).toSorted();
    assert.deepEqual(found, [from, "moqt-18"].toSorted());
    await publisher.close();
    await watcher.close();
  });
}

Deno.test("a neighbor that has draft 18 switched off is linked by the newest that both have", async () => {
  using deadline = new Deadline();
  const server = { ...DEFAULTS.server, protocols: ["moqt-22", "moqt-20"] };
  await using origin = await startRelayInProcess({ server });
  await using edge = await startEdge(origin, { insecure: true });
  const publisher = await moqNetBy("moqt-20")(origin);
  const watcher = await connectMoqNet(edge);
  await passOn(deadline, publisher, watcher);
  const { sessions } = await origin.relay.read(["sessions"], { offset: 0, limit: 10 });
  const found = sessions.rows.map(({ protocol }) => protocol).toSorted();
  assert.deepEqual(found, ["moqt-20", "moqt-22"]);
  await publisher.close();
  await watcher.close();
});

Deno.test("what is published at an edge can be watched at its origin", async () => {
  using deadline = new Deadline();
  await using origin = await startRelayInProcess();
  await using edge = await startEdge(origin, { insecure: true });
  const publisher = await connectMoqt(edge);
  const watcher = await connectMoqNet(origin);
  await passOn(deadline, publisher, watcher);
  await publisher.close();
  await watcher.close();
});

Deno.test("an origin is verified by the authority of the configuration", async () => {
  using deadline = new Deadline();
  const certificate = await makeSignedCertificate();
  await using origin = await originOf(certificate);
  await using edge = await startEdge(origin, { caFile: "ca.pem" }, {
    "ca.pem": certificate.authority,
  });
  const publisher = await connectMoqNet(origin);
  const watcher = await connectMoqNet(edge);
  await passOn(deadline, publisher, watcher);
  await publisher.close();
  await watcher.close();
});

Deno.test("an origin is known by the hash that is written behind its URL, and by no other", async () => {
  using deadline = new Deadline();
  await using origin = await startRelayInProcess();
  const url = `moqt://127.0.0.1:${origin.port}`;
  const pinned = `${url}#sha256=${origin.certificateHash.toHex()}`;
  await using edge = await startRelayInProcess({ upstream: [pinned] });
  const publisher = await connectMoqNet(origin);
  const watcher = await connectMoqNet(edge);
  await passOn(deadline, publisher, watcher);
  await publisher.close();
  await watcher.close();
  assert.equal((await linkOf(edge)).neighbor, url);

  const insecure = { ...DEFAULTS.mesh, insecure: true };
  const wrong = { upstream: [`${url}#sha256=${"00".repeat(32)}`], mesh: insecure };
  await using stranger = await startRelayInProcess(wrong);
  const failure = async () => (await linkOf(stranger)).failure;
  await until("a failure", async () => await failure() !== undefined);
  assert.match((await failure())!, /certificate/i);
});

Deno.test("an origin of another make, which tells no hash, is called all the same", async () => {
  const other = listenQuic({
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate: await makeCertificate(),
    alpnProtocols: ["moqt-18"],
  });
  await using edge = await startRelayInProcess({
    upstream: [`moqt://127.0.0.1:${other.address.port}`],
    mesh: { ...DEFAULTS.mesh, insecure: true },
  });
  const failure = async () => (await linkOf(edge)).failure;
  await until("a failure", async () => await failure() !== undefined);
  // It is not known to the system: that is what is in the way, and no missing page.
  assert.match((await failure())!, /certificate|issuer/i);
  other.close(0, "");
});

for (
  const [name, mesh, authority] of [
    ["nobody vouches for", {}, undefined],
    ["another authority vouches for", { caFile: "ca.pem" }, makeSignedCertificate],
  ] as const
) {
  Deno.test(`an edge takes nothing from an origin that ${name}, and says why`, async () => {
    await using origin = await originOf(await makeSignedCertificate());
    const other = await authority?.();
    await using edge = await startEdge(origin, mesh, {
      ...(other !== undefined && { "ca.pem": other.authority }),
    });
    const warning = () =>
      edge.lines.find(({ text }) => text.includes("cannot connect to neighbor"));
    await until("a warning", () => warning() !== undefined);
    assert.match(String(warning()?.fields.reason), /certificate|authority|issuer/i);
    const link = await linkOf(edge);
    assert.equal(link.state, "dialing");
    assert.match(link.failure ?? "", /certificate|authority|issuer/i);
  });
}
