/** The images, as far as that can be seen where no container can be started. */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { validate } from "dockerfile-utils";
import { type Program, PROGRAMS } from "../../.build/programs.ts";
import { Deadline } from "../support/deadline.ts";
import { temporaryFolder } from "../support/executables/cases.ts";
import {
  argumentsOf,
  copiesOf,
  pairsOf,
  readContext,
  readStages,
  settingsIn,
} from "../support/executables/dockerfile.ts";
import { runToEnd, startProgram } from "../support/processes/program_process.ts";
import { fromSources } from "../support/executables/programs.ts";
import { hasStandIn, STAND_IN } from "../support/executables/stand_in.ts";
import { ROOT } from "../support/root.ts";

const TEXT = await Deno.readTextFile(new URL("Dockerfile", ROOT));
const STAGES = readStages(TEXT);
const [BUILD] = STAGES;
const CONTEXT = await readContext(ROOT, await Deno.readTextFile(new URL(".dockerignore", ROOT)));

const IMAGES: Readonly<Record<Program["name"], { stage: string; ports: string; port: number }>> = {
  "qumo-relay": { stage: "relay", ports: "4433/udp 4433/tcp", port: 4433 },
  "qumo-sdn": { stage: "sdn", ports: "8090/tcp", port: 8090 },
};

Deno.test("the Dockerfile has nothing that a linter would say", () => {
  assert.deepEqual(validate(TEXT), []);
  assert.equal(validate("FROM a\nMAINTAINER b\n").length, 1);
});

Deno.test("a builder is sent what images are made of, and nothing else", () => {
  for (const path of ["deno.lock", "relay/main.ts", "sdn/dashboard/page/index.html"]) {
    assert.ok(CONTEXT.includes(path), path);
  }
  for (const path of CONTEXT) {
    assert.match(path, /^(deno\.(json|lock)|LICENSE|(\.build|shared|relay|sdn)\/.*)$/);
    assert.doesNotMatch(path, /_(test|bench)\.ts$/);
  }
  for (const { sources } of copiesOf(BUILD!)) {
    for (const source of sources) {
      const isThere = CONTEXT.some((path) => path === source || path.startsWith(source));
      assert.ok(isThere, `COPY ${source} finds nothing`);
    }
  }
});

for (const program of PROGRAMS) {
  const { name } = program;
  const { stage: stageName, ports, port } = IMAGES[name];
  const stage = STAGES.find(({ name }) => name === stageName)!;
  const executable = `/usr/local/bin/${name}`;
  const settings = pairsOf(stage, "ENV");

  Deno.test(`the image of ${name} runs its executable as a non-root user`, () => {
    // glibc and what comes with a C++ compiler, which Deno is linked with.
    assert.match(stage.image, /\/cc-debian12:nonroot$/);
    assert.deepEqual(argumentsOf(stage, "RUN"), [], "another kind of machine would be emulated");
    const [uid] = argumentsOf(stage, "USER");
    assert.match(uid!, /^[1-9]\d*:[1-9]\d*$/);
    assert.deepEqual(argumentsOf(stage, "STOPSIGNAL"), ["SIGTERM"]);
    assert.deepEqual(argumentsOf(stage, "EXPOSE"), [ports]);
    assert.deepEqual(argumentsOf(stage, "ENTRYPOINT"), [`["${executable}"]`]);
    assert.deepEqual(argumentsOf(stage, "CMD"), ['["serve"]']);
    const labels = pairsOf(stage, "LABEL");
    assert.deepEqual(
      ["title", "licenses", "version", "revision", "created"]
        .map((label) => labels[`org.opencontainers.image.${label}`]),
      [name, "Apache-2.0", "$VERSION", "$COMMIT", "$BUILD_DATE"],
    );
  });

  Deno.test(`the image of ${name} does not start open unless it is told to`, async () => {
    const check = [...fromSources(program), "check"] as const;
    const closed = await runToEnd(check, { env: settings });
    assert.equal(closed.code, 1);
    assert.match(closed.stderr, /without access control/);
    const open = await runToEnd(check, { env: { ...settings, INSECURE: "true" } });
    assert.equal(open.code, 0, open.stderr);
    for (const variable of [...settingsIn(settings), "INSECURE"]) {
      assert.match(open.stdout, new RegExp(` environment ${variable}$`, "m"));
    }
  });

  Deno.test(`the image of ${name} asks the program itself whether it is well`, async () => {
    using deadline = new Deadline();
    const check = argumentsOf(stage, "HEALTHCHECK")[0]!;
    const [path, command, url] = JSON.parse(check.slice(check.indexOf("["))) as string[];
    assert.deepEqual([path, command, url], [executable, "health", `127.0.0.1:${port}`]);
    const address = Object.keys(settings).find((key) => key.endsWith("_ADDR"))!;
    const start = startProgram(fromSources(program), {
      env: { INSECURE: "true", [address]: "127.0.0.1:0" },
    });
    await using process = await deadline.for("the program", start);
    const health = (port: number) =>
      runToEnd([...fromSources(program), command!, url!.replace(/\d+$/, `${port}`)]);
    assert.equal((await deadline.for("an answer", health(process.port))).code, 0);
    await deadline.for("its end", process.end());
    assert.equal((await deadline.for("an answer", health(process.port))).code, 1);
  });
}

Deno.test({
  name: "what the Dockerfile runs makes every file that its images take",
  ignore: !hasStandIn,
  async fn() {
    await using folder = await temporaryFolder();
    for (const path of CONTEXT) {
      await Deno.mkdir(dirname(`${folder.path}/${path}`), { recursive: true });
      await Deno.copyFile(new URL(path, ROOT), `${folder.path}/${path}`);
    }
    const env = {
      PATH: `${dirname(Deno.execPath())}:${Deno.env.get("PATH")}`,
      DENORT_BIN: STAND_IN,
      VERSION: "9.8.7-test",
      TARGETARCH: Deno.build.arch === "aarch64" ? "arm64" : "amd64",
    };
    for (const step of argumentsOf(BUILD!, "RUN")) {
      const script = step.replace(/^--mount\S*\s+/, "");
      const { code, stderr } = await runToEnd(["sh", "-c", script], { env, cwd: folder.path });
      assert.equal(code, 0, stderr);
    }
    const home = argumentsOf(BUILD!, "WORKDIR").at(-1)!;
    for (const stage of STAGES.slice(1)) {
      for (const { from, sources } of copiesOf(stage)) {
        assert.equal(from, BUILD!.name);
        for (const source of sources) {
          await Deno.stat(source.replace(home, folder.path));
        }
      }
    }
  },
});
