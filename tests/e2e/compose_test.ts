/** The compose files: what they mount is there, and what they tell our programs is understood. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Deadline } from "../support/deadline.ts";
import { temporaryFolder } from "../support/executables/cases.ts";
import {
  mountedPaths,
  type OwnService,
  ownServices,
  readComposeFiles,
} from "../support/executables/compose.ts";
import { ProgramProcess, runToEnd } from "../support/executables/program_process.ts";
import { fromSources } from "../support/executables/programs.ts";
import { toolTest } from "../support/tools.ts";

const FOLDER = new URL("../../configs/compose/", import.meta.url);
const FILES = await readComposeFiles();

Deno.test("there is a network to look at, one relay alone, and controllers that may be lost", () => {
  const services = [...FILES].map(([file, { services }]) => [file, Object.keys(services)] as const);
  assert.deepEqual(Object.fromEntries(services), {
    "demo.yaml": ["sdn", "tokyo", "london", "newyork"],
    "ha.yaml": ["etcd-1", "etcd-2", "etcd-3", "sdn-a", "sdn-b", "north", "south"],
    "relay.yaml": ["relay"],
  });
});

for (const [file, compose] of FILES) {
  toolTest("compose-go", `takes ${file}`, async (run) => {
    await run(["-format", "json", fileURLToPath(new URL(file, FOLDER))]);
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
      for (const variable of Object.keys(env)) {
        assert.match(stdout, new RegExp(` environment ${variable}$`, "m"));
      }
    });
  }
}

Deno.test("demo.yaml starts, as processes on this machine", async () => {
  using deadline = new Deadline(60_000);
  await using folder = await temporaryFolder();
  await using running = new AsyncDisposableStack();
  const [controller, ...relays] = ownServices(FILES.get("demo.yaml")!);
  const start = async ({ program, env }: OwnService, here: Record<string, string>) => {
    const started = ProgramProcess.start(fromSources(program), { env: { ...env, ...here } });
    return running.use(await deadline.for(`${program.name} to start`, started));
  };
  const sdn = await start(controller!, {
    SDN_ADDR: "127.0.0.1:0",
    DATA_DIR: `${folder.path}/data`,
  });
  for (const relay of relays) {
    const process = await start(relay, {
      RELAY_ADDR: "127.0.0.1:0",
      // What others call it by is where it listens.
      RELAY_MOQT_ADDR: "",
      SDN_URL: `http://127.0.0.1:${sdn.port}`,
    });
    assert.equal(JSON.parse(await process.get("/status")).node_id, relay.name);
    assert.match(process.log(), /INSECURE=true: .*everyone may publish and subscribe/);
  }
});
