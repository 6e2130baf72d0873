/** Revocations while a relay is cut off from its controller, and goes on serving. */
import { generate, sign } from "@moq/token";
import { drafts } from "@qumo/shared/wire";
import assert from "node:assert/strict";
import type { Mesh } from "../support/mesh/mesh.ts";
import { meshTest, STEADY } from "../support/mesh/mesh_case.ts";
import { LoopbackSite } from "../support/mesh/site.ts";
import { TcpLink } from "../support/mesh/tcp_link.ts";
import { chain, type Topology } from "../support/mesh/topology.ts";
import type { MeshRelay } from "../support/mesh/relay.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { announce } from "../support/peers/scripted_requests.ts";
import { until } from "../support/until.ts";

const key = await generate("HS256", "main");
const folder = await Deno.makeTempDir();
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
await Deno.writeTextFile(`${folder}/keys.jwks`, JSON.stringify({ keys: [key] }));
await Deno.writeTextFile(`${folder}/mesh.jwk`, JSON.stringify(await generate("HS256", "mesh")));

const CUT_OFF = "madrid";
const UNAUTHORIZED = drafts[0]!.sessionCodes.unauthorized;

/** The loopback address, where one relay reaches its controller over a link that can be cut. */
class CutSite extends LoopbackSite {
  #link: TcpLink | undefined;

  get controllerLink(): TcpLink {
    return this.#link!;
  }

  override controllerUrl(port: number, relay?: string): string {
    if (relay !== CUT_OFF) return super.controllerUrl(port);
    return (this.#link ??= new TcpLink(port)).url;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#link?.[Symbol.asyncDispose]();
    await super[Symbol.asyncDispose]();
  }
}

function mint(id: string): Promise<string> {
  const exp = Math.floor(Date.now() / 1_000) + 3_600;
  const claims = { root: "", put: "", get: "", exp, jti: id, sub: `sub of ${id}` };
  return sign(key, claims as Parameters<typeof sign>[1]);
}

/** How long it may take from the end of a partition until what was revoked meanwhile is cut. */
const BOUND_MS = 1_000;

/** What parts a relay from who knows what is revoked. */
interface Partition {
  readonly what: string;
  readonly begin: (mesh: Mesh, link: TcpLink) => void;
  readonly end: (mesh: Mesh, link: TcpLink) => void;
  /** What the relay says when it has noticed; absent: nothing that it could see has changed. */
  readonly noticed?: RegExp;
}

const PARTITIONS: readonly Partition[] = [
  {
    what: "that is cut off from its controller",
    begin: (_, link) => link.cut(),
    end: (_, link) => link.restore(),
    noticed: /cannot follow the controller/,
  },
  {
    what: "whose packets to its controller are lost",
    begin: (_, link) => link.lose(),
    end: (_, link) => link.restore(),
    noticed: /cannot follow the controller/,
  },
  {
    what: "whose controller stands still",
    begin: ({ controllers }) => controllers[0]!.signal("SIGSTOP"),
    end: ({ controllers }) => controllers[0]!.signal("SIGCONT"),
  },
  {
    what: "whose controller is cut off from the other one",
    begin: ({ peerLinks }) => peerLinks.cut(),
    end: ({ peerLinks }) => peerLinks.restore(),
  },
];

/** Lisbon has a controller of its own, at which tokens are revoked; the two tell each other. */
const MESH = {
  topology: chain("lisbon", CUT_OFF),
  controllers: 2,
  controllersOf: (relay: string) => [relay === CUT_OFF ? 0 : 1],
  relayConfig: {
    auth: { mode: "token", keys: [`${folder}/keys.jwks`] },
    // A scripted publisher is asked for nothing but its track.
    relay: { solicit: false },
    mesh: { ...STEADY.mesh as object, key_file: `${folder}/mesh.jwk` },
  },
  clientPath: `/?jwt=${await mint("canary")}`,
};

for (const { what, begin, end, noticed } of PARTITIONS) {
  let laid: CutSite;
  const site = (topology: Topology) => Promise.resolve(laid = new CutSite(topology));
  meshTest(
    `a relay ${what} goes on with what it knew, and cuts what was revoked when that is over`,
    { ...MESH, site },
    async (ground) => {
      const { mesh } = ground;
      const [lisbon, madrid] = [mesh.relay("lisbon"), mesh.relay(CUT_OFF)];
      const revoke = (value: string) =>
        mesh.controllers[1]!.ask("POST", "/revoke", { kind: "token", value, reason: "stolen" });
      const live = await ground.publisher("canary", "lisbon");
      const viewer = await ground.viewer(live, CUT_OFF);
      const [before, meanwhile] = [await mint("before"), await mint("meanwhile")];
      await revoke("before");
      await until("the first revocation", () => isRevoked(madrid));

      begin(mesh, laid.controllerLink);
      if (noticed !== undefined) await until("it to notice", () => noticed.test(madrid.log));
      const old = await comes(madrid, meanwhile, "old");
      const near = await comes(lisbon, meanwhile, "near");
      await revoke("meanwhile");
      assert.equal((await near.closed).code, UNAUTHORIZED);
      assert.equal(await turnedAway(lisbon, meanwhile), UNAUTHORIZED);
      // What it was told holds; what it cannot know does not.
      assert.equal(await turnedAway(madrid, before), UNAUTHORIZED);
      const fresh = await comes(madrid, meanwhile, "fresh");
      await announce(old, "older");

      const from = performance.now();
      end(mesh, laid.controllerLink);
      for (const peer of [old, fresh]) assert.equal((await peer.closed).code, UNAUTHORIZED);
      ground.withinMs(performance.now() - from, BOUND_MS, "the cut, when that was over,");
      assert.equal(await turnedAway(madrid, meanwhile), UNAUTHORIZED);
      ground.within(await viewer.verdict(live.group));
      assert.deepEqual(viewer.faults, []);
      viewer.leave();
      live.disconnect("lisbon");
    },
  );
}

/** Publishes a namespace with this token. */
async function comes(relay: MeshRelay, token: string, path: string): Promise<ScriptedPeer> {
  const peer = await ScriptedPeer.dial(relay, { setup: { path: `/?jwt=${token}` } });
  await announce(peer, path);
  return peer;
}

/** By which code a peer with this token is turned away. */
async function turnedAway(relay: MeshRelay, token: string): Promise<number | undefined> {
  const stranger = await ScriptedPeer.dial(relay, { setup: { path: `/?jwt=${token}` } })
    .catch(() => undefined);
  return stranger === undefined ? UNAUTHORIZED : (await stranger.closed).code;
}

/** Whether a relay was told of a revocation. */
async function isRevoked(relay: MeshRelay): Promise<boolean> {
  return /^qumo_relay_revocations(\{.*\})? 1$/m.test(await relay.metrics());
}
