import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { generateCertificate } from "../../../relay/transport/mod.ts";
import type { Program } from "../../../.build/programs.ts";
import { Deadline } from "../deadline.ts";
import { connectMoqNet } from "../peers/moq_net.ts";
import { connectMoqt } from "../peers/moqt_peer.ts";
import {
  type CommandLine,
  type ProgramProcess,
  runToEnd,
  startProgram,
  writeConfig,
} from "../processes/program_process.ts";
import { RelayProcess } from "../processes/relay_process.ts";
import { freePorts } from "../mesh/ports.ts";
import { becomes, until } from "../until.ts";
import { fromSources, programNamed } from "./programs.ts";

/** What a whole life of a program needs and does; rejects when something is not as it should be. */
type Life = (command: CommandLine, env?: Record<string, string>) => Promise<void>;

const PAYLOAD = new Uint8Array([1, 2, 3]);

/** The relays of a machine register, each by itself, and end in peace. */
async function groupLife(
  command: CommandLine,
  env: Record<string, string>,
  sdn: ProgramProcess,
  deadline: Deadline,
): Promise<void> {
  const { folder, file } = await writeConfig({
    host: { members: 2 },
    server: { address: `127.0.0.1:${freePorts(2)[0]}` },
    sdn: { urls: [sdn.origin], relay_name: "tokyo" },
    drain_timeout_ms: 100,
  });
  const start = startProgram([...command, "serve", "-c", file], { env, folder });
  await using group = await deadline.for("the relays of a machine", start);
  for (const name of ["tokyo-1", "tokyo-2"]) await registered(sdn, name);
  assert.equal(await deadline.for("the end of all", group.end()), 0, group.log());
}

/** A relay registers, carries a track, shows a new certificate, ends in peace and is gone. */
const relayLife: Life = async (command, env = {}) => {
  using deadline = new Deadline();
  await using folder = await temporaryFolder();
  const files = { cert_file: `${folder.path}/c.pem`, key_file: `${folder.path}/k.pem` };
  const first = await writeCertificate(files);
  const config = await writeConfig({
    server: files,
    cache: { disk: { folder: `${folder.path}/groups` } },
    drain_timeout_ms: 100,
  });
  const controller = fromSources(programNamed("qumo-sdn"));
  const controllerStart = startProgram([...controller, "--address", "127.0.0.1:0"]);
  await using sdn = await deadline.for("a controller", controllerStart);
  await groupLife(command, env, sdn, deadline);
  const start = new RelayProcess([...command, "serve", "-c", config.file], {
    env: { ...env, RELAY_ADDR: "127.0.0.1:0", REGION: "north", SDN_URL: sdn.origin },
    folder: config.folder,
  });
  await using relay = await deadline.for("a relay", start.ready());
  // It was given no name.
  await registered(sdn, Deno.hostname());
  assert.equal(relay.certificateHash.toHex(), first);
  await deadline.for("a track", carryTrack(relay, relay));
  const { version, region } = JSON.parse(await relay.get("/status"));
  assert.deepEqual([version, region], [await versionOf(command), "north"]);
  assert.ok((await relay.metrics()).includes(`qumo_relay_build_info{version="${version}"`));
  const second = await writeCertificate(files);
  relay.kill("SIGHUP");
  await becomes(() => relay.get("/certificate.sha256"), second);
  assert.equal(await deadline.for("the end", relay.end()), 0, relay.log());
  assert.equal(JSON.parse(await sdn.get("/relay")).count, 0);
};

/** Resolves when a controller knows a relay. */
async function registered(sdn: ProgramProcess, name: string): Promise<void> {
  const isKnown = async () => (await sdn.get("/relay")).includes(`"relay":"${name}"`);
  await until(`${name} to be registered`, isKnown);
}

/** A controller serves its page, stores what it is told, and knows it in its next life. */
const controllerLife: Life = async (command, env) => {
  using deadline = new Deadline();
  await using folder = await temporaryFolder();
  const config = `${folder.path}/sdn.yaml`;
  await Deno.writeTextFile(config, "graph:\n  node_ttl_sec: 600\n");
  const environment = {
    env: { ...env, SDN_ADDR: "127.0.0.1:0", DATA_DIR: `${folder.path}/data` },
  };
  const start = () => startProgram([...command, "serve", "-c", config], environment);
  {
    await using controller = await deadline.for("a controller", start());
    assert.match(await controller.get("/"), /^<!doctype html>/i);
    assert.match(await controller.get("/dashboard/app.js"), /import /);
    await controller.get("/relay/north", { method: "PUT", body: "{}" });
    assert.equal(await deadline.for("the end", controller.end()), 0, controller.log());
  }
  await using controller = await deadline.for("a controller", start());
  assert.equal(JSON.parse(await controller.get("/health")).relays, 1);
  controller.kill("SIGHUP");
  const build = `qumo_sdn_build_info{version="${await versionOf(command)}"`;
  assert.ok((await controller.get("/metrics")).includes(build), build);
  assert.equal(await deadline.for("the end", controller.end()), 0, controller.log());
};

/** What each program does in its life. */
export const LIVES: Readonly<Record<Program["name"], Life>> = {
  "qumo-relay": relayLife,
  "qumo-sdn": controllerLife,
};

async function versionOf(command: CommandLine): Promise<string> {
  const { stdout } = await runToEnd([...command, "version"]);
  return stdout.split(/\s/)[1]!;
}

/** Publishes an object at one relay, and receives it at another or the same. */
export async function carryTrack(from: RelayProcess, to: RelayProcess): Promise<void> {
  const publisher = await connectMoqNet(from);
  const viewer = await connectMoqt(to);
  const publication = await publisher.publish("live/concert", ["video"]);
  await viewer.announced("live/concert");
  const watch = await viewer.watch("live/concert", "video");
  await publication.subscribed("video");
  const group = await publication.startGroup("video");
  await group.write(PAYLOAD);
  assert.deepEqual((await watch.next())?.payload, PAYLOAD);
  await group.end();
  await viewer.close();
  await publisher.close();
}

async function writeCertificate(files: { cert_file: string; key_file: string }): Promise<string> {
  const { certificate, key, hash } = await generateCertificate(["localhost"]);
  await Deno.writeTextFile(files.cert_file, certificate);
  await Deno.writeTextFile(files.key_file, key);
  // Between two files of one time and the same length there is nothing to see.
  await Deno.utime(files.cert_file, systemClock.wall() / 1000, systemClock.wall() / 1000);
  return hash;
}

/** A folder that is gone with all that is in it when the test is over. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await Deno.makeTempDir({ prefix: "qumo_" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
