/** Meshes that trust only their own: relays with keys, clients with tokens. */
import { generate, sign, toPublicKey } from "@moq/token";
import assert from "node:assert/strict";
import { meshTest, STEADY } from "../support/mesh/mesh_case.ts";
import type { ProgramConfig } from "../support/mesh/program.ts";
import { diamond } from "../support/mesh/topology.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { until } from "../support/until.ts";

const users = await generate("ES256", "users");
const folder = await Deno.makeTempDir();
await Deno.writeTextFile(`${folder}/users.jwk`, JSON.stringify(toPublicKey(users)));
await Deno.writeTextFile(`${folder}/mesh.jwk`, JSON.stringify(await generate("HS256", "mesh")));
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

const exp = Math.floor(Date.now() / 1_000) + 3_600;
const user = await sign(users, { root: "", put: "concert", get: "concert", exp });

// A machine that runs other tests meanwhile may be many seconds late.
const LIFETIME_SEC = 20;
const SKEW_MS = 10_000;

/** Relays that ask for tokens, and prove their names again every few seconds. */
const BY_CONTROLLER: ProgramConfig = {
  auth: { mode: "token", keys: [`${folder}/users.jwk`], clock_skew_ms: SKEW_MS },
  mesh: { token_lifetime_sec: LIFETIME_SEC },
};

/** The same with a key that all have in their files. */
const BY_KEY: ProgramConfig = {
  ...BY_CONTROLLER,
  mesh: { ...BY_CONTROLLER.mesh as object, key_file: `${folder}/mesh.jwk` },
};

// It says twice in that time whose each key is.
const controllerConfig = { mesh: { identity_lifetime_sec: 2 * LIFETIME_SEC } };

for (const [by, relayConfig] of [["a key", BY_KEY], ["their controller", BY_CONTROLLER]] as const) {
  meshTest(
    `relays that know each other by ${by} ask for tokens, and carry what they did when one is killed`,
    {
      topology: diamond(),
      relayConfig,
      controllerConfig,
      clientPath: `/?jwt=${user}`,
    },
    async ({ mesh, publisher, viewer, comesBy, kill, within, say }) => {
      const live = await publisher("concert", "west");
      const watching = await viewer(live, "east");
      await comesBy(watching, "north", "west");

      // Longer than a proof that is shown once is good for.
      await until("links that outlive a proof", async () => {
        const all = await Promise.all(mesh.relays.map((relay) => relay.mesh()));
        return all.every((one) =>
          one !== undefined && one.links.length > 0 &&
          one.links.every(({ since_ms }) => since_ms > LIFETIME_SEC * 1_000 + SKEW_MS)
        );
      });
      for (const relay of mesh.relays) {
        const links = (await relay.mesh())?.links ?? [];
        for (const { neighbor, state, since_ms } of links) {
          say(`${relay.name} to ${neighbor}: ${state} for ${since_ms.toFixed(0)} ms`);
        }
        assert.doesNotMatch(relay.log, /has not proved its name again/);
      }

      const broken = live.group;
      await kill("north");
      await comesBy(watching, "south", "west");
      within(await watching.verdict(live.group + 4, broken - 1));
      assert.deepEqual(watching.faults, []);
      for (const relay of mesh.relays) {
        assert.ok(!relay.log.includes(user), "a token is in the log");
      }
    },
  );
}

meshTest(
  "who has the token of a user and says that it is a relay is turned away, and costs nobody anything",
  {
    topology: diamond(),
    relayConfig: { ...BY_KEY, mesh: { ...BY_KEY.mesh as object, ...STEADY.mesh as object } },
    clientPath: `/?jwt=${user}`,
  },
  async ({ mesh, publisher, viewer, comesBy, withinGroups }) => {
    const live = await publisher("concert", "west");
    const watching = await viewer(live, "east");
    await comesBy(watching, "north", "west");
    const before = live.group;
    const north = mesh.relay("north");
    const value = new TextEncoder().encode(user);
    for (const relayName of ["west", "south", "nobody"]) {
      const setup = {
        relayName,
        takesCuts: true,
        authorizationTokens: [{ alias: "none", type: 0n, value }] as const,
      };
      const stranger = await ScriptedPeer.dial(north, { setup }).catch(() => undefined);
      await stranger?.closed;
    }
    await until(
      "all to be turned away",
      () => [...north.log.matchAll(/no token says that this is the relay/g)].length >= 3,
    );
    withinGroups(await watching.verdict(live.group + 2, before), 1);
    assert.deepEqual(watching.faults, []);
  },
);
