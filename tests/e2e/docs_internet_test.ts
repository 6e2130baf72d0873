/** The guide to a relay on the internet, done as it says: its commands, its configuration, a client. */
import { sleep, systemClock } from "@qumo/shared/runtime";
import assert from "node:assert/strict";
import { readDocuments } from "../support/documents/document.ts";
import { fromSources, programNamed } from "../support/executables/programs.ts";
import { freePort } from "../support/mesh/ports.ts";
import { callMoqNet } from "../support/peers/moq_net.ts";
import { makeCertificate } from "../support/transport/certificate.ts";
import { runToEnd, startProgram } from "../support/processes/program_process.ts";
import { until } from "../support/until.ts";

const guide = (await readDocuments()).find(({ path }) => path === "relay/docs/internet.md")!;
const relay = fromSources(programNamed("qumo-relay"));

Deno.test("the guide to a relay on the internet lets in whom it says", async () => {
  const folder = await Deno.makeTempDir();
  const port = freePort();
  const { certificate, key } = await makeCertificate();
  await Deno.writeTextFile(`${folder}/cert.pem`, certificate);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const [yaml = ""] = blocks("yaml");
  const config = yaml.replaceAll("/etc/qumo", folder).replace('":4433"', `"127.0.0.1:${port}"`);
  await Deno.writeTextFile(`${folder}/relay.yaml`, config);
  const commands = blocks("sh").flatMap((text) => text.split("\n"));
  assert.ok(commands.length >= 4 && commands.every((line) => line.startsWith("qumo-relay ")));
  const answers = [];
  for (const line of commands) answers.push(await bash(line, folder));
  const admitted = /^at path \/demo: admitted, may publish/m;
  assert.ok(answers.some((answer) => admitted.test(answer)), answers.join("\n"));

  const program = await startProgram([...relay, "-c", `${folder}/relay.yaml`]);
  try {
    const token = (await Deno.readTextFile(`${folder}/alice.jwt`)).trim();
    const alice = await callMoqNet(`http://127.0.0.1:${port}/demo?jwt=${token}`);
    await alice.publish("room/alice", ["video"]);
    await until("the namespace", () => /namespace announced.*room\/alice/.test(program.log()));
    await alice.publish("rooms", ["video"]);
    await until("a refusal", () => /namespace refused.*does not allow/.test(program.log()));
    assert.ok(!program.log().includes(token));
    await alice.close();
    await sleep(systemClock, 500);
  } finally {
    await program[Symbol.asyncDispose]();
    await Deno.remove(folder, { recursive: true });
  }
});

function blocks(language: string): string[] {
  return guide.blocks.filter((block) => block.language === language)
    .map(({ lines }) => lines.join("\n"));
}

/** Runs a line of the guide with the program's sources in the program's place. */
async function bash(line: string, cwd: string): Promise<string> {
  const program = `qumo-relay() { ${relay.map((word) => `'${word}'`).join(" ")} "$@"; }`;
  const { code, stdout, stderr } = await runToEnd(["bash", "-c", `${program}\n${line}`], { cwd });
  assert.equal(code, 0, `${line}: ${stderr}`);
  return stdout;
}
