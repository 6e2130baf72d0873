/** Revocations in a mesh of three relays, with clients of other people: what is revoked is cut everywhere. */
import { generate, sign } from "@moq/token";
import { drafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { meshTest, type ProcessGround, STEADY } from "../support/mesh/mesh_case.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { chain } from "../support/mesh/topology.ts";
import { connectMoqRs } from "../peers/moq_rs.ts";
import { pythonMissing } from "../peers/python.ts";
import { callMoqNet } from "../support/peers/moq_net.ts";
import { namespaceOf, ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { sendSubscribeOk, subscribe } from "../support/peers/scripted_requests.ts";
import { until } from "../support/until.ts";

const RELAYS = ["lisbon", "madrid", "lyon"] as const;
const KINDS = ["token", "subject", "tenant", "key", "namespace", "session"] as const;
const ROUNDS = 24;

const main = await generate("HS256", "main");
const others = await Promise.all(
  Array.from({ length: ROUNDS / KINDS.length }, (_, at) => generate("HS256", `key-${at}`)),
);
const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
await Deno.writeTextFile(`${folder}/keys.jwks`, JSON.stringify({ keys: [main, ...others] }));
await Deno.writeTextFile(`${folder}/mesh.jwk`, JSON.stringify(await generate("HS256", "mesh")));

/** Tokens of `@moq/token` with the claims by which they can be revoked. */
function mint(claims: Readonly<Record<string, unknown>>, key = main): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  return sign(key, { root: "", put: "", get: "", exp, ...claims } as Parameters<typeof sign>[1]);
}

const CANARY = await mint({ jti: "canary", sub: "canary", tenant: "birds" });

const MESH = {
  topology: chain(...RELAYS),
  clientPath: `/?jwt=${CANARY}`,
  relayConfig: {
    auth: { mode: "token", keys: [`${folder}/keys.jwks`] },
    // A scripted publisher is asked for nothing but its track.
    relay: { solicit: false },
    mesh: { ...STEADY.mesh as object, key_file: `${folder}/mesh.jwk` },
  },
};

/** Whoever is to be cut, and how it is seen. */
interface Victim {
  readonly cut: Promise<unknown>;
  close(): void;
}

/** Milliseconds from an order to the end of each of these. */
async function timed(order: () => Promise<unknown>, victims: readonly Victim[]): Promise<number> {
  const from = performance.now();
  let last = 0;
  const cut = victims.map(({ cut }) => cut.then(() => last = performance.now() - from));
  await order();
  await Promise.all(cut);
  return last;
}

/** Publishes a namespace by draft 18, and says when that is over. */
async function publisherAt(relay: MeshRelay, token: string, path: string) {
  const peer = await ScriptedPeer.dial(relay, { setup: { path: `/?jwt=${token}` } });
  const request = await peer.request({
    kind: "publishNamespace",
    namespace: namespaceOf(path),
    parameters: {},
  });
  await request.expect("requestOk");
  return { peer, request };
}

/** Subscribes by some draft. */
async function viewerAt(relay: MeshRelay, token: string, path: string, round: number) {
  const draft = drafts[round % drafts.length]!;
  const peer = await ScriptedPeer.dial(relay, { draft, setup: { path: `/?jwt=${token}` } });
  return { peer, watching: await subscribe(peer, {}, trackOf(path, "v")) };
}

/** The number of the newest session with this token at a relay. */
async function sessionOf(relay: MeshRelay, jti: string): Promise<string> {
  const found = () =>
    relay.log.split("\n").filter((line) => line.includes(`"token":"${jti}"`))
      .flatMap((line) => /"session":(\d+)/.exec(line)?.[1] ?? []).at(-1);
  await until(`the session of ${jti}`, () => found() !== undefined);
  return found()!;
}

/** One revocation of what a publisher and two viewers have at three relays; how long it took. */
async function revokeOnce(
  { mesh }: ProcessGround,
  kind: typeof KINDS[number],
  round: number,
): Promise<number> {
  const [lisbon, madrid, lyon] = RELAYS.map((name) => mesh.relay(name));
  const key = kind === "key" ? others[Math.floor(round / KINDS.length)]! : main;
  const claims = { jti: `t${round}`, sub: `s${round}`, tenant: `n${round}` };
  const [token, path] = [await mint(claims, key), `room/r${round}`];
  const publisher = await publisherAt(lisbon!, token, path);
  const net = await callMoqNet(`${lyon!.url}/?jwt=${token}`);
  await net.announced(path);
  const { peer, watching } = await viewerAt(madrid!, token, path, round);
  const asked = await publisher.peer.expectRequest("subscribe");
  await sendSubscribeOk(asked.request, { alias: 1n });
  await watching.expect("subscribeOk");
  const isAll = kind !== "namespace" && kind !== "session";
  const session = kind === "session" ? await sessionOf(madrid!, claims.jti) : "";
  const values = {
    token: claims.jti,
    subject: claims.sub,
    tenant: claims.tenant,
    key: `key-${Math.floor(round / KINDS.length)}`,
    namespace: path,
    session: `madrid/${session}`,
  };
  const netEnd = isAll
    ? net.session.closed
    : kind === "namespace"
    ? net.withdrawn(path)
    : Promise.resolve();
  const victims: Victim[] = [
    {
      cut: kind === "namespace" ? watching.expect("publishDone") : peer.closed,
      close: () => peer.close(),
    },
    {
      cut: isAll
        ? publisher.peer.closed
        : kind === "namespace"
        ? publisher.request.ended()
        : Promise.resolve(),
      close: () => publisher.peer.close(),
    },
    { cut: netEnd.catch(() => {}), close: () => void net.close() },
  ];
  const took = await timed(async () => {
    const body = { kind, value: values[kind], reason: `round ${round}` };
    const answer = await mesh.controllers[0]!.ask("POST", "/revoke", body);
    assert.ok(answer.status < 300, JSON.stringify(answer));
  }, victims);
  for (const victim of victims) victim.close();
  await Promise.allSettled([peer.closed, publisher.peer.closed, net.session.closed]);
  return took;
}

meshTest(
  "what is revoked is cut at all relays within a second, and a canary loses nothing",
  MESH,
  async (ground) => {
    const { mesh, say } = ground;
    const live = await ground.publisher("canary", "lisbon");
    const viewers = [await ground.viewer(live, "madrid"), await ground.viewer(live, "lyon")];
    const took: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      took.push(await revokeOnce(ground, KINDS[round % KINDS.length]!, round));
    }
    const sorted = took.toSorted((a, b) => a - b);
    const [p50, longest] = [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
    say(`${ROUNDS} revocations: p50 ${p50.toFixed(0)} ms, longest ${longest.toFixed(0)} ms`);
    ground.withinMs(p50, 1_000, "half of them");
    for (const viewer of viewers) {
      ground.within(await viewer.verdict(live.group));
      assert.ok(!viewer.isRefused && viewer.isConnected);
    }
    // The library ends its sockets a moment after it has said goodbye.
    for (const viewer of viewers) viewer.leave();
    live.disconnect("lisbon");
    for (const relay of mesh.relays) {
      for (const line of relay.log.split("\n")) assert.ok(!line.includes(CANARY), line);
    }
  },
);

meshTest(
  "a relay that was killed refuses a token that was revoked meanwhile, and a kick forbids nothing",
  MESH,
  async ({ mesh, kill, start }) => {
    const token = await mint({ jti: "gone", sub: "mallory" });
    const guest = await mint({ jti: "guest", sub: "guest" });
    const [lisbon, madrid] = [mesh.relay("lisbon"), mesh.relay("madrid")];
    const [controller] = mesh.controllers;
    await kill("madrid");
    await controller!.ask("POST", "/revoke", { kind: "token", value: "gone", reason: "stolen" });
    await start("madrid");
    for (const relay of [lisbon, madrid]) {
      const stranger = await ScriptedPeer.dial(relay, {
        setup: { path: `/?jwt=${token}` },
      }).catch(() => undefined);
      const closed = await stranger?.closed;
      assert.equal(closed?.code ?? 2, drafts[0]!.sessionCodes.unauthorized);
      await until("the reason in the log", () => /token gone is revoked/.test(relay.log));
    }
    const { peer } = await publisherAt(madrid, guest, "guest");
    await controller!.ask("POST", "/kick", { kind: "subject", value: "guest" });
    assert.equal((await peer.closed).code, 0);
    const again = await publisherAt(madrid, guest, "guest");
    again.peer.close();
  },
);

meshTest(
  "what a tenant uses at one relay counts at the others: above its quota the newest sessions end",
  MESH,
  async ({ mesh, say }) => {
    const [controller] = mesh.controllers;
    const [lisbon, lyon] = [mesh.relay("lisbon"), mesh.relay("lyon")];
    const acme = await mint({ jti: "acme", sub: "acme", tenant: "acme" });
    const other = await mint({ jti: "other", sub: "other", tenant: "other" });
    await controller!.ask("PUT", "/policy/acme", { sessions: 2 });
    const used = async () => (await controller!.ask("GET", "/policy/acme")).body.used.sessions;
    const peers = [
      await publisherAt(lisbon, acme, "acme/one"),
      await publisherAt(lisbon, acme, "acme/two"),
      await publisherAt(lyon, other, "other/one"),
    ];
    await until("the report of both", async () => await used() === 2);
    // At this relay the tenant has none: what it uses elsewhere is heard with the next heartbeat.
    peers.push(await publisherAt(lyon, acme, "acme/three"));
    await until("the report of a third", async () => await used() === 3);
    const late = await until("its end", async () => await used() <= 2);
    say(`the third session ended after ${late.toFixed(0)} ms`);
    const ended = [lisbon, lyon].filter(({ log }) =>
      log.includes("tenant uses more than its policy says")
    );
    assert.ok(ended.length > 0);
    const stranger = peers[2]!.peer.closed.then(() => "ended");
    assert.equal(await Promise.race([stranger, "open"]), "open");
    for (const { peer } of peers) peer.close();
  },
);

meshTest(
  "a relay whose name is revoked has no link and no registration, until that is taken back",
  MESH,
  async ({ mesh, say }) => {
    const [controller] = mesh.controllers;
    const [lisbon, madrid, lyon] = RELAYS.map((name) => mesh.relay(name));
    const linked = async () =>
      (await madrid!.mesh())?.links.find(({ neighbor }) => neighbor === "lyon")?.state;
    const registered = async () =>
      (await controller!.ask("GET", "/relay")).body.relays.map((one: { relay: string }) =>
        one.relay
      );
    assert.equal(await linked(), "up");
    const cutOff = /"session ended".*"end":"unauthorized".*is revoked by its subject/;
    const revoked = { kind: "subject", value: "lyon", reason: "stolen" };
    const from = performance.now();
    const { body: { id } } = await controller!.ask("POST", "/revoke", revoked);
    assert.deepEqual(await registered(), ["lisbon", "madrid"]);
    // Both that it calls and that others call end.
    await until("its session to end", () => cutOff.test(madrid!.log));
    await until("the link to it to end", async () => await linked() !== "up");
    say(`cut off after ${(performance.now() - from).toFixed(0)} ms`);
    await until(
      "the reason",
      () => /cannot connect to neighbor.*it is revoked: stolen/.test(madrid!.log),
    );
    await until("its own reason", () => /relay_revoked.*lyon is revoked: stolen/.test(lyon!.log));
    // It tries to come back, and is turned away each time; nobody calls it.
    const refusals = () => madrid!.log.match(new RegExp(cutOff, "g")) ?? [];
    await until("it to be turned away", () => refusals().length > 1);
    assert.equal(await linked(), "dialing");
    assert.ok(!cutOff.test(lyon!.log) && lisbon!.isRunning);
    const events = (await controller!.ask("GET", "/events?limit=1000")).body.events;
    const kinds = events.map(({ kind, relay }: Record<string, string>) => `${kind} ${relay}`);
    assert.ok(kinds.includes("relay_revoked lyon"), kinds.join());
    await controller!.ask("DELETE", `/revoke/${id}`);
    await until("its link to be back", async () => await linked() === "up");
    await until("it to be registered", async () => (await registered()).includes("lyon"));
    await mesh.settled();
  },
);

const missing = pythonMissing("moq");

meshTest(
  "moq-rs is cut with its token",
  { ...MESH, ignore: missing !== undefined },
  async ({ mesh }) => {
    const token = await mint({ jti: "rust", sub: "rust" });
    const relay = mesh.relay("lyon");
    const peer = await connectMoqRs(relay, { path: `/?jwt=${token}` });
    await until("the session", () => relay.log.includes('"token":"rust"'));
    await mesh.controllers[0]!.ask("POST", "/revoke", { kind: "token", value: "rust" });
    await until("its end", () => /access revoked.*"token":"rust".*"closed":true/.test(relay.log));
    await peer.close();
  },
);
