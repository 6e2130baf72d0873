/** The units of configs/systemd, against the programs that they start. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parseCommand } from "@qumo/shared/runtime";
import { toolTest } from "../support/tools.ts";
import { DEFAULTS as RELAY } from "../../relay/config/definition.ts";
import { DEFAULTS as SDN } from "../../sdn/config/definition.ts";

const FOLDER = fileURLToPath(new URL("../../configs/systemd/", import.meta.url));
const BINARIES = "/usr/local/bin/";

const UNITS = [
  { program: "qumo-relay", example: "relay.yaml", stopMs: RELAY.drainTimeoutMs },
  { program: "qumo-sdn", example: "sdn.yaml", stopMs: SDN.server.shutdownTimeoutMs },
];

// How open to attack systemd finds a unit, from 0 to 100 in its threshold.
const MAX_EXPOSURE = "20";

/** The settings of a unit, each with all its values. */
async function readUnit(program: string): Promise<Map<string, string[]>> {
  const settings = new Map<string, string[]>();
  for (const line of (await Deno.readTextFile(`${FOLDER}${program}.service`)).split("\n")) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, [...settings.get(name) ?? [], value!]);
  }
  return settings;
}

for (const { program, example, stopMs } of UNITS) {
  Deno.test(`${program}.service starts the program by a command line that it understands`, async () => {
    const unit = await readUnit(program);
    for (const [setting, name] of [["ExecStart", "serve"], ["ExecStartPre", "check"]] as const) {
      const [binary, ...args] = unit.get(setting)![0]!.split(" ");
      assert.equal(binary, BINARIES + program);
      const command = parseCommand(args);
      assert.ok(command.ok, setting);
      assert.deepEqual([command.value.name, command.value.configFile], [
        name,
        `/etc/qumo/${example}`,
      ]);
    }
    await Deno.stat(new URL(`../../configs/${example}`, import.meta.url));
  });

  Deno.test(`${program}.service lets the program end, reload and compile`, async () => {
    const unit = await readUnit(program);
    assert.ok(
      Number(unit.get("TimeoutStopSec")) * 1000 > stopMs,
      "it would be killed as it drains",
    );
    assert.deepEqual(unit.get("ExecReload"), ["/bin/kill -HUP $MAINPID"]);
    assert.deepEqual([unit.get("Restart"), unit.get("RestartPreventExitStatus")], [
      ["on-failure"],
      ["2"],
    ]);
    assert.ok(!unit.has("MemoryDenyWriteExecute"), "V8 cannot run with it");
    assert.match(unit.get("RestrictAddressFamilies")![0]!, /AF_UNIX/);
  });

  toolTest("systemd-analyze", `finds no fault in ${program}.service`, async (systemdAnalyze) => {
    const folder = await Deno.makeTempDir();
    const stub = `${folder}/${program}`;
    await Deno.writeTextFile(stub, "#!/bin/sh\n", { mode: 0o755 });
    const text = await Deno.readTextFile(`${FOLDER}${program}.service`);
    await Deno.writeTextFile(`${stub}.service`, text.replaceAll(BINARIES, `${folder}/`));
    try {
      const remarks = await systemdAnalyze(["verify", "--man=no", `${stub}.service`]);
      // Remarks on units of the machine itself name those.
      const ours = remarks.split("\n").filter((line) => line.includes(program));
      assert.deepEqual(ours, []);
      const unit = `${stub}.service`;
      await systemdAnalyze(["security", "--offline=true", `--threshold=${MAX_EXPOSURE}`, unit]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("90-qumo.conf raises what a socket gets unasked, within what it may have", async () => {
  const text = await Deno.readTextFile(`${FOLDER}90-qumo.conf`);
  const values = new Map(
    [...text.matchAll(/^net\.core\.(\w+) = (\d+)$/gm)].map(([, name, value]) => [
      name!,
      Number(value),
    ]),
  );
  const assignments = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  assert.equal(assignments.length, values.size);
  for (const kind of ["rmem", "wmem"]) {
    assert.ok(values.get(`${kind}_default`)! > 212_992, "Linux gives as much by itself");
    assert.ok(values.get(`${kind}_default`)! <= values.get(`${kind}_max`)!);
  }
});
