/** Relays as they are, and one who holds the key of another relay of the mesh and says that it is somebody else. */
import { generate, sign, toPublicKey } from "@moq/token";
import { drafts, type MultiplexedDraft, multiplexedDrafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { JWK } from "jose";
import { withoutSecrets } from "../../relay/access/keys.ts";
import { type RelayClaims, signRelayToken } from "../../relay/access/relay_tokens.ts";
import { readSigningKey } from "../../relay/access/signing_keys.ts";
import { meshTest, type ProcessGround, STEADY } from "../support/mesh/mesh_case.ts";
import { chain } from "../support/mesh/topology.ts";
import { ControlStreamPeer } from "../support/peers/control_stream_peer.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { announce, subscribe } from "../support/peers/scripted_requests.ts";
import { dialRelay } from "../support/transport/quic_transport.ts";
import { until } from "../support/until.ts";

const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
const save = async (name: string, key: object) => {
  await Deno.writeTextFile(`${folder}/${name}.jwk`, JSON.stringify(key));
  return `${folder}/${name}.jwk`;
};

const users = await generate("ES256", "users");
const { key_ops: _, ...rome } = await generate("ES256", "rome");
const usersFile = await save("users", toPublicKey(users));
const meshFile = await save("mesh", await generate("HS256", "mesh"));
const romeFile = await save("rome", withoutSecrets({ ...(rome as JWK), sub: "rome" }));

const exp = Math.floor(Date.now() / 1_000) + 3_600;
const user = await sign(users, { root: "", put: "", get: "", exp });
const LIFETIME_MS = 300_000;
const SKEW_MS = 10_000;

/** What rome's key says: of itself to lisbon when nothing else is said. */
async function proof(claims: Partial<RelayClaims> = {}): Promise<string> {
  const usual = { name: "rome", audience: "lisbon", now: Date.now(), lifetimeMs: LIFETIME_MS };
  return await signRelayToken(await readSigningKey(JSON.stringify(rome)), { ...usual, ...claims });
}

function setupOf(relayName: string, token: string) {
  const value = new TextEncoder().encode(token);
  const authorizationTokens = [{ alias: "none", type: 0n, value }] as const;
  return { relayName, takesCuts: true, authorizationTokens };
}

/** One who comes to lisbon as `relayName` with a proof. */
function comes({ mesh }: ProcessGround, relayName: string, token: string) {
  return ScriptedPeer.dial(mesh.relay("lisbon"), { setup: setupOf(relayName, token) });
}

/** The same in a draft that has no mesh: what it proves is its token alone. */
async function comesInDraft(draft: MultiplexedDraft, { mesh }: ProcessGround, proof: string) {
  const connection = await dialRelay(mesh.relay("lisbon"), draft.protocol);
  const peer = await ControlStreamPeer.open(connection, draft);
  peer.begin(setupOf("madrid", proof));
  return connection;
}

const TURNED_AWAY = [
  ["madrid", "the peer says it is madrid, and its token that it is rome", () => proof()],
  ["lisbon", "the peer says it is lisbon, and its token that it is rome", () => proof()],
  ["madrid", "its key is another relay's", () => proof({ name: "madrid" })],
  // As madrid has it, which rome called.
  ["rome", "it is for another relay", () => proof({ audience: "madrid" })],
  [
    "rome",
    "the token of the relay has expired",
    () => proof({ now: Date.now() - LIFETIME_MS - SKEW_MS - 1_000 }),
  ],
  ["rome", "it lasts too long", () => proof({ lifetimeMs: 1e9 })],
  ["rome", "no token says that this is the relay", () => Promise.resolve(user)],
] as const;

const codeOf = (reason: string) =>
  reason.endsWith("expired") ? "expired_auth_token" : "unauthorized";

type Forge = (peer: ScriptedPeer) => Promise<unknown>;

/** What a relay that was let in says of others. */
const ENDED: readonly Forge[] = [
  (peer) => subscribe(peer, { meshHops: ["madrid"] }),
  (peer) => subscribe(peer, { meshHops: ["rome", "madrid"] }),
];

meshTest(
  "who has the key of one relay is no other one, and a proof is good at one relay and for a time",
  {
    topology: chain("lisbon", "madrid"),
    relayConfig: {
      auth: { mode: "token", keys: [usersFile], clock_skew_ms: SKEW_MS },
      mesh: { ...STEADY.mesh as object, key_file: meshFile, trusted_keys: [romeFile] },
    },
    clientPath: `/?jwt=${user}`,
  },
  async (ground) => {
    const { publisher, viewer, comesBy, mesh } = ground;
    const live = await publisher("concert", "lisbon");
    const watching = await viewer(live, "madrid");
    await comesBy(watching, "lisbon");
    const { protocol_violation } = drafts[0]!.sessionCodes;
    const lisbon = mesh.relay("lisbon");
    for (const [name, reason, token] of TURNED_AWAY) {
      const from = lisbon.log.length;
      const peer = await comes(ground, name, await token()).catch(() => undefined);
      const code = drafts[0]!.sessionCodes[codeOf(reason)];
      if (peer !== undefined) assert.equal((await peer.closed).code, code, reason);
      await until(reason, () => lisbon.log.slice(from).includes(reason));
      if (reason.includes("says it is") || reason.startsWith("no token")) continue;
      for (const draft of multiplexedDrafts) {
        const from = lisbon.log.length;
        const { closed } = await comesInDraft(draft, ground, await token());
        const { code: said } = await closed;
        assert.equal(said, draft.sessionCodes[codeOf(reason)], `${draft.protocol}: ${reason}`);
        await until(reason, () => lisbon.log.slice(from).includes(reason));
      }
    }
    const shown = await proof();
    const honest = await comes(ground, "rome", shown);
    await announce(honest, "rome/live");
    const again = await comes(ground, "rome", shown).catch(() => undefined);
    await until("the replay in the log", () => lisbon.log.includes("of rome was shown before"));
    await again?.closed;
    for (const forge of ENDED) {
      const peer = await comes(ground, "rome", await proof());
      await forge(peer);
      assert.equal((await peer.closed).code, protocol_violation);
    }
    await announce(honest, "rome/more");
    honest.close();
    // Nobody was cut off by it, and the track goes its way.
    await comesBy(watching, "lisbon");
    ground.within(await watching.verdict(live.group + 1));
    assert.deepEqual(watching.faults, []);
    watching.leave();
    live.disconnect("lisbon");
  },
);
