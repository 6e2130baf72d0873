/** This version and the one before in one mesh. */
import assert from "node:assert/strict";
import { HANGS_MS } from "../support/deadline.ts";
import { CHAOTIC, surviveChaos } from "../support/mesh/chaos.ts";
import { EARLIER, earlierMissing, EarlierVersion } from "../support/mesh/earlier_version.ts";
import { runOnMesh, STEADY } from "../support/mesh/mesh_case.ts";
import { audienceOf, restartInTurn } from "../support/mesh/rolling.ts";
import { diamond, ringWithChords } from "../support/mesh/topology.ts";
import { optionalTest } from "../support/optional_test_case.ts";
import {
  type ProgramProcess,
  runModule,
  runToEnd,
  startProgram,
  writeConfig,
} from "../support/processes/program_process.ts";
import { longer, SEED } from "../support/properties.ts";
import { Random } from "../support/random.ts";

const SECONDS = longer(15);
const RELAYS = 4;

/** A test with the version before; skipped where that cannot be had. */
function versionsTest(name: string, test: (earlier: EarlierVersion) => Promise<void>): void {
  optionalTest(name, earlierMissing(), async () => {
    await using earlier = await EarlierVersion.unpack();
    await test(earlier);
  });
}

const UPGRADE =
  `an upgrade from ${EARLIER}, controllers first, loses no group for viewers elsewhere`;

versionsTest(UPGRADE, async ({ root }) => {
  const options = {
    topology: diamond(),
    controllers: 2,
    relayConfig: STEADY,
    rootOf: () => root,
  };
  await runOnMesh(UPGRADE, options, async (ground) => {
    const { mesh } = ground;
    const audience = await audienceOf(ground);
    const start = audience.live.group;
    for (const controller of mesh.controllers) {
      assert.equal(await controller.end("SIGTERM"), 0);
      controller.root = "";
      await controller.start();
      await mesh.settled();
    }
    for (const viewer of audience.viewers) {
      ground.say(`${viewer.name} while controllers restarted`);
      ground.lossless(await viewer.verdict(audience.live.group + 1, start));
    }
    await restartInTurn(ground, audience, (relay) => relay.root = "");
  });
});

const CHAOS =
  `after ${SECONDS} s of kills, freezes and cuts in a mesh of ${EARLIER} and this version, ` +
  `everyone has every track (TEST_SEED=${SEED})`;

versionsTest(CHAOS, async ({ root }) => {
  const roots = [root, ""];
  const options = {
    topology: ringWithChords(RELAYS, SEED),
    controllers: 2,
    relayConfig: CHAOTIC,
    // Names end with numbers: each version has every other program.
    rootOf: (name: string) => roots[Number(/\d+$/.exec(name)) % 2]!,
    deadline: HANGS_MS + SECONDS * 2000,
  };
  const random = new Random(SEED);
  await runOnMesh(
    CHAOS,
    options,
    (world) => surviveChaos(world, { seconds: SECONDS, random, roots }),
  );
});

versionsTest(
  `a store of ${EARLIER} is taken over, which that version then refuses`,
  async ({ root }) => {
    const data = await Deno.makeTempDir({ prefix: "qumo_" });
    const config = { server: { address: "127.0.0.1:0" }, graph: { data_dir: data } };
    const { folder, file } = await writeConfig(config);
    const command = (root: string) => runModule(`${root}sdn/main.ts`, ["--config", file]);
    const relays = async (controller: ProgramProcess) => {
      const { body } = await controller.ask("GET", "/relay");
      return body.relays.map(({ relay }: { relay: string }) => relay);
    };
    const first = await startProgram(command(root));
    for (const name of ["a", "b"]) {
      const { status } = await first.ask("PUT", `/relay/${name}`, { address: `moqt://${name}:1` });
      assert.equal(status, 200);
    }
    await first.end();
    const second = await startProgram(command(""));
    assert.deepEqual(await relays(second), ["a", "b"]);
    await second.end();
    const { code, stderr } = await runToEnd(command(root));
    assert.equal(code, 1);
    assert.match(stderr, /schema is version \d+, this program knows \d+/);
    // What it refused is as it was.
    const third = await startProgram(command(""));
    assert.deepEqual(await relays(third), ["a", "b"]);
    await third.end();
    for (const one of [data, folder]) await Deno.remove(one, { recursive: true });
  },
);
