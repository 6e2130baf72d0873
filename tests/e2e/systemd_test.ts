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
  {
    unit: "qumo-relay",
    program: "qumo-relay",
    example: "relay.yaml",
    stopMs: RELAY.drainTimeoutMs,
  },
  {
    unit: "qumo-relay@",
    program: "qumo-relay",
    example: "relay.yaml",
    stopMs: RELAY.drainTimeoutMs,
  },
  {
    unit: "qumo-sdn",
    program: "qumo-sdn",
    example: "sdn.yaml",
    stopMs: SDN.server.shutdownTimeoutMs,
  },
];

// How open to attack systemd finds a unit, from 0 to 100 in its threshold.
const MAX_EXPOSURE = "20";

/** The settings of a unit, each with all its values. */
async function readUnit(name: string): Promise<Map<string, string[]>> {
  const settings = new Map<string, string[]>();
  for (const line of (await Deno.readTextFile(`${FOLDER}${name}.service`)).split("\n")) {
    const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
    if (name !== undefined) settings.set(name, [...settings.get(name) ?? [], value!]);
  }
  return settings;
}

for (const { unit: name, program, example, stopMs } of UNITS) {
  Deno.test(`${name}.service starts the program by a command line that it understands`, async () => {
    const unit = await readUnit(name);
    for (const [setting, word] of [["ExecStart", "serve"], ["ExecStartPre", "check"]] as const) {
      const [binary, ...args] = unit.get(setting)![0]!.split(" ");
      assert.equal(binary, BINARIES + program);
      const command = parseCommand(args);
      assert.ok(command.ok, setting);
      assert.deepEqual([command.value.name, command.value.configFile], [
        word,
        `/etc/qumo/${example}`,
      ]);
    }
    await Deno.stat(new URL(`../../configs/${example}`, import.meta.url));
  });

  Deno.test(`${name}.service lets the program end, reload and compile`, async () => {
    const unit = await readUnit(name);
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

  toolTest("systemd-analyze", `finds no fault in ${name}.service`, async (systemdAnalyze) => {
    const folder = await Deno.makeTempDir();
    const stub = `${folder}/${program}`;
    await Deno.writeTextFile(stub, "#!/bin/sh\n", { mode: 0o755 });
    const text = await Deno.readTextFile(`${FOLDER}${name}.service`);
    const file = `${folder}/${name}.service`;
    await Deno.writeTextFile(file, text.replaceAll(BINARIES, `${folder}/`));
    try {
      const remarks = await systemdAnalyze(["verify", "--man=no", file]);
      // Remarks on units of the machine itself name those.
      const ours = remarks.split("\n").filter((line) => line.includes(program));
      assert.deepEqual(ours, []);
      await systemdAnalyze(["security", "--offline=true", `--threshold=${MAX_EXPOSURE}`, file]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("qumo-relay@.service is qumo-relay.service but for its number and its target", async () => {
  const one = await readUnit("qumo-relay");
  const member = await readUnit("qumo-relay@");
  assert.ok(member.get("Environment")?.includes("QUMO_HOST_MEMBER=%i"));
  assert.deepEqual([member.get("PartOf"), member.get("WantedBy")], [
    ["qumo-relay.target"],
    ["qumo-relay.target"],
  ]);
  member.set("Environment", member.get("Environment")!.filter((text) => !text.endsWith("%i")));
  for (const setting of ["PartOf", "WantedBy", "Description"]) {
    for (const unit of [one, member]) unit.delete(setting);
  }
  assert.deepEqual([...member], [...one]);
  await Deno.stat(`${FOLDER}qumo-relay.target`);
});

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
