/** The rules for one public port of several relays, in a network namespace of the test's own. */
import assert from "node:assert/strict";
import { namespacesRefused } from "../support/mesh/net_namespaces.ts";
import { UdpLink } from "../support/mesh/udp_link.ts";
import { optionalTest, programMissing } from "../support/optional_test_case.ts";
import { connectMoqNet } from "../support/peers/moq_net.ts";
import {
  runModule,
  runToEnd,
  startProgram,
  writeConfig,
} from "../support/processes/program_process.ts";
import { ROOT } from "../support/root.ts";
import { makeCertificate } from "../support/transport/certificate.ts";
import { until } from "../support/until.ts";

const RULES = new URL("configs/nftables/one_port.nft", ROOT);

// What the rules divide clients among; two of them are enough to see it.
const ALL = "mod 4 seed 0x71756d6f map { 0 : 4433, 1 : 4434, 2 : 4435, 3 : 4436 }";
const TWO = "mod 2 seed 0x71756d6f map { 0 : 4433, 1 : 4434 }";
const PORTS = [4433, 4434] as const;

// Of the network for benchmarks (RFC 2544): nobody else here has it.
const SERVER = "198.18.77.1";
const CLIENTS = Array.from({ length: 6 }, (_, place) => `198.18.77.${place + 2}`);

const missing = programMissing("ip") ?? programMissing("nft") ?? await namespacesRefused();

optionalTest(
  "one public port: a client stays at its relay when its port changes, and clients are divided",
  missing,
  async () => {
    await using ground = await layOut();
    const certificate = await makeCertificate();
    await using _first = await relayAt(PORTS[0], ground, certificate);
    await using _second = await relayAt(PORTS[1], ground, certificate);
    const served = new Set<number>();
    for (const source of CLIENTS) served.add(await visit(source, certificate));
    assert.deepEqual([...served].sort(), [...PORTS], "each relay has some of them");
  },
);

/** A client at this address comes, changes its port and goes on; gives the port of the relay it had. */
async function visit(
  source: string,
  { hash }: { hash: Uint8Array<ArrayBuffer> },
): Promise<number> {
  await using path = new UdpLink(443, { source, target: SERVER });
  const client = await connectMoqNet({ port: path.port, certificateHash: hash });
  try {
    await client.publish("before", ["video"]);
    await until("the namespace to be known", async () => (await namespaces()).includes(1));
    const before = path.seenPort;
    const known = await namespaces();
    path.move();
    await client.publish("after", ["video"]);
    await until("the other port to be seen", () => path.seenPort !== undefined);
    assert.notEqual(path.seenPort, before);
    const expected = known.map((count) => count * 2);
    await until(
      `${source} to go on where it was`,
      async () => `${await namespaces()}` === `${expected}`,
    );
    return PORTS[known.indexOf(1)]!;
  } finally {
    await client.close();
    await until("the client to be gone", async () => `${await namespaces()}` === "0,0");
  }
}

/** How many namespaces each relay has. */
async function namespaces(): Promise<number[]> {
  return await Promise.all(PORTS.map(async (port) => {
    const answer = await fetch(`http://${SERVER}:${port}/status`);
    return (await answer.json()).namespaces;
  }));
}

async function relayAt(
  port: number,
  { prefix }: { prefix: readonly string[] },
  { certificate, key }: { certificate: string; key: string },
) {
  const { folder, file } = await writeConfig({});
  await Deno.writeTextFile(`${folder}/cert.pem`, certificate);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
  const server = {
    address: `0.0.0.0:${port}`,
    cert_file: `${folder}/cert.pem`,
    key_file: `${folder}/key.pem`,
  };
  await Deno.writeTextFile(file, JSON.stringify({ server, auth: { mode: "open" } }));
  const command = runModule("relay/main.ts", ["--config", file], { prefix });
  return await startProgram(command, { folder });
}

/** A namespace with the rules, reached from here by addresses of several clients. */
async function layOut() {
  const namespace = `qumo-port-${Deno.pid}`;
  const here = `qmp${Deno.pid % 100_000}`;
  const prefix = ["ip", "netns", "exec", namespace];
  const ground = {
    prefix,
    [Symbol.asyncDispose]: () => run("ip", "netns", "del", namespace),
  };
  await run("ip", "netns", "add", namespace);
  try {
    await run(
      "ip",
      "link",
      "add",
      here,
      "type",
      "veth",
      "peer",
      "name",
      "public",
      "netns",
      namespace,
    );
    for (const source of CLIENTS) await run("ip", "addr", "add", `${source}/24`, "dev", here);
    await run("ip", "link", "set", here, "up");
    await run("ip", "-n", namespace, "addr", "add", `${SERVER}/24`, "dev", "public");
    for (const device of ["lo", "public"]) {
      await run("ip", "-n", namespace, "link", "set", device, "up");
    }
    const rules = await Deno.readTextFile(RULES);
    assert.equal(rules.split(ALL).length, 3, "the rules name all relays twice");
    const file = await Deno.makeTempFile();
    await Deno.writeTextFile(file, rules.replaceAll(ALL, TWO));
    // Twice, as an administrator does after a change.
    for (const _ of PORTS) await run("ip", "netns", "exec", namespace, "nft", "-f", file);
    await Deno.remove(file);
    return ground;
  } catch (error) {
    await ground[Symbol.asyncDispose]();
    throw error;
  }
}

async function run(program: string, ...args: readonly string[]): Promise<void> {
  const { code, stderr } = await runToEnd([program, ...args]);
  assert.equal(code, 0, `${program} ${args.join(" ")}: ${stderr}`);
}
