/** The compose files: what they mount is there, and what they tell our programs is understood. */
import assert from "node:assert/strict";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../support/deadline.ts";
import { carryTrack, temporaryFolder } from "../support/executables/cases.ts";
import {
  mountedPaths,
  type OwnService,
  ownServices,
  readComposeFiles,
} from "../support/executables/compose.ts";
import { ProgramProcess, runToEnd } from "../support/executables/program_process.ts";
import { fromSources } from "../support/executables/programs.ts";
import { toolTest } from "../support/tools.ts";
import { parse } from "yaml";

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
      // Those of telemetry are for the runtime that is in the executable.
      for (const variable of Object.keys(env).filter((name) => !name.startsWith("OTEL_"))) {
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
  using deadline = new Deadline(30_000);
  await using folder = await temporaryFolder();
  await using running = new AsyncDisposableStack();
  const [controller, ...services] = ownServices(FILES.get("demo.yaml")!);
  const start = async ({ program, env }: OwnService, here: Record<string, string>) => {
    const started = ProgramProcess.start(fromSources(program), { env: { ...env, ...here } });
    return running.use(await deadline.for(`${program.name} to start`, started));
  };
  const sdn = await start(controller!, {
    SDN_ADDR: "127.0.0.1:0",
    DATA_DIR: `${folder.path}/data`,
  });
  const relays = new Map<string, ProgramProcess>();
  for (const service of services) {
    const relay = await start(service, {
      RELAY_ADDR: "127.0.0.1:0",
      // What others call it by is where it listens.
      RELAY_MOQT_ADDR: "",
      SDN_URL: `http://127.0.0.1:${sdn.port}`,
    });
    assert.match(relay.log(), /INSECURE=true: .*everyone may publish and subscribe/);
    relays.set(service.name, relay);
  }
  const way = async () => await (await sdn.ask("/route?from=tokyo&to=newyork")).text();
  while (!(await way()).includes('"cost":330')) {
    if (deadline.signal.aborted) {
      assert.fail([...relays.values()].map((r) => r.log()).join("\n==\n"));
    }
    await sleep(systemClock, 100);
  }
  assert.deepEqual(JSON.parse(await way()).full_path, ["tokyo", "london", "newyork"]);
  await deadline.for("the track", carryTrack(relays.get("tokyo")!, relays.get("newyork")!));
});
