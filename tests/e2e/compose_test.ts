/** The compose files: what they mount is there, and what they tell our programs is understood. */
import assert from "node:assert/strict";
import { parse } from "yaml";
import { Deadline } from "../support/deadline.ts";
import { etcdTest } from "../support/processes/etcd.ts";
import { carryTrack } from "../support/executables/cases.ts";
import {
  mountedPaths,
  ownServices,
  readComposeFiles,
  startNetwork,
} from "../support/executables/compose.ts";
import { settingsIn } from "../support/executables/dockerfile.ts";
import { type ProgramProcess, runToEnd } from "../support/processes/program_process.ts";
import { fromSources } from "../support/executables/programs.ts";
import { toolTest } from "../support/tools.ts";
import { becomes } from "../support/until.ts";

const FOLDER = new URL("../../configs/compose/", import.meta.url);
const FILES = await readComposeFiles();
const WATCHERS = ["prometheus", "grafana", "collector", "jaeger"];

Deno.test("there is a network to look at, one relay alone, and controllers that may be lost", () => {
  const services = [...FILES].map(([file, { services }]) => [file, Object.keys(services)] as const);
  assert.deepEqual(Object.fromEntries(services), {
    "demo.yaml": ["sdn", "tokyo", "london", "newyork", ...WATCHERS],
    "ha.yaml": ["etcd-1", "etcd-2", "etcd-3", "sdn-a", "sdn-b", "north", "south", ...WATCHERS],
    "observability.yaml": WATCHERS,
    "relay.yaml": ["relay"],
  });
});

for (const [file, compose] of FILES) {
  toolTest("compose-go", `takes ${file}`, async (run) => {
    await run(["-format", "json", file], "", FOLDER);
  });

  Deno.test(`${file} mounts and builds from what is there`, async () => {
    for (const [name, service] of Object.entries(compose.services)) {
      for (const path of mountedPaths(service)) {
        await assert.doesNotReject(Deno.stat(new URL(path, FOLDER)), `${name}: ${path}`);
      }
      if (service.build === undefined) continue;
      const dockerfile = new URL(`${service.build.context}/Dockerfile`, FOLDER);
      assert.ok((await Deno.stat(dockerfile)).isFile, name);
    }
  });

  for (const { name, program, env } of ownServices(compose)) {
    Deno.test(`${file}: every variable of ${name} is in force`, async () => {
      const { code, stdout, stderr } = await runToEnd([...fromSources(program), "check"], { env });
      assert.equal(code, 0, stderr);
      for (const variable of settingsIn(env)) {
        assert.match(stdout, new RegExp(` environment ${variable}$`, "m"));
      }
    });
  }
}

for (const network of ["demo", "ha"]) {
  Deno.test(`${network}.yaml has every relay and every controller looked at`, async () => {
    const compose = FILES.get(`${network}.yaml`)!;
    const looked: string[] = [];
    for (const kind of ["relays", "controllers"]) {
      const text = await Deno.readTextFile(new URL(`targets/${network}/${kind}.yaml`, FOLDER));
      const groups = parse(text) as { targets: string[] }[];
      looked.push(...groups.flatMap(({ targets }) => targets));
    }
    const expected = ownServices(compose).map(({ name, program }) =>
      `${name}:${program.name === "qumo-sdn" ? 8090 : 4433}`
    );
    assert.deepEqual(looked.sort(), expected.sort());
    const mounted = mountedPaths(compose.services["prometheus"]!);
    assert.deepEqual(mounted, [`./targets/${network}`]);
    for (const name of WATCHERS) {
      const { services } = FILES.get("observability.yaml")!;
      assert.deepEqual(services[name]!.profiles, ["observability"], name);
    }
  });
}

Deno.test("demo.yaml, as processes on this machine, carries a track from Tokyo to New York", async () => {
  using deadline = new Deadline();
  const started = startNetwork(FILES.get("demo.yaml")!);
  await using network = await deadline.for("the network", started);
  const way = () => costAndWay(network.controllers.get("sdn")!, "from=tokyo&to=newyork");
  await becomes(way, [330, ["tokyo", "london", "newyork"]]);
  const [tokyo, newyork] = ["tokyo", "newyork"].map((name) => network.relays.get(name)!);
  await deadline.for("the track", carryTrack(tokyo!, newyork!));
  assert.match(tokyo!.log(), /INSECURE=true: .*anyone may publish and subscribe/);
});

etcdTest(
  "ha.yaml, as processes on this machine, goes on when a controller is lost",
  async (cluster) => {
    using deadline = new Deadline();
    const here = { QUMO_SDN_ETCD_ENDPOINTS: cluster.endpoints.join() };
    const started = startNetwork(FILES.get("ha.yaml")!, here);
    await using network = await deadline.for("the network", started);
    for (const controller of ["sdn-a", "sdn-b"]) {
      const way = () => costAndWay(network.controllers.get(controller)!, "from=north&to=south");
      await becomes(way, [10, ["north", "south"]]);
    }
    await deadline.for("the end of a controller", network.controllers.get("sdn-a")!.end());
    const [north, south] = ["north", "south"].map((name) => network.relays.get(name)!);
    await deadline.for("the track", carryTrack(north!, south!));
    const left = JSON.parse(await network.controllers.get("sdn-b")!.get("/relay"));
    assert.equal(left.count, 2);
  },
  3,
);

async function costAndWay(controller: ProgramProcess, ends: string): Promise<unknown[]> {
  const { body } = await controller.ask("GET", `/route?${ends}`);
  return [body.cost, body.full_path];
}
