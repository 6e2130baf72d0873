import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { generateCertificate } from "../../../relay/transport/mod.ts";
import { Deadline } from "../deadline.ts";
import { connectMoqNet } from "../moq_net.ts";
import { connectMoqt } from "../moqt_peer.ts";
import { type CommandLine, ProgramProcess } from "./program_process.ts";

/** What a whole life of a program needs and does; rejects when something is not as it should be. */
export type Life = (command: CommandLine, env?: Record<string, string>) => Promise<void>;

const PAYLOAD = new Uint8Array([1, 2, 3]);

/** A relay takes its configuration, carries a track, shows a new certificate and ends in peace. */
export const relayLife: Life = async (command, env) => {
  using deadline = new Deadline(30_000);
  await using folder = await temporaryFolder();
  const files = { cert_file: `${folder.path}/c.pem`, key_file: `${folder.path}/k.pem` };
  const first = await writeCertificate(files);
  const config = `${folder.path}/relay.yaml`;
  await Deno.writeTextFile(config, JSON.stringify({ server: files, drain_timeout_ms: 100 }));
  const start = ProgramProcess.start([...command, "serve", "-c", config], {
    env: { ...env, RELAY_ADDR: "127.0.0.1:0", REGION: "north" },
  });
  await using relay = await deadline.for("a relay", start);
  assert.equal(await relay.get("/certificate.sha256"), first);
  await deadline.for("a track", carryTrack(relay.port, first));
  assert.match(await relay.get("/metrics"), /^qumo_relay_build_info\{version="[^"]+"/m);
  assert.equal(JSON.parse(await relay.get("/status")).region, "north");
  const second = await writeCertificate(files);
  relay.kill("SIGHUP");
  while (await relay.get("/certificate.sha256") !== second) deadline.signal.throwIfAborted();
  assert.equal(await deadline.for("the end", relay.stop()), 0, relay.log());
};

/** A controller serves its page, stores what it is told, and knows it in its next life. */
export const controllerLife: Life = async (command, env) => {
  using deadline = new Deadline(30_000);
  await using folder = await temporaryFolder();
  const config = `${folder.path}/sdn.yaml`;
  await Deno.writeTextFile(config, "graph:\n  node_ttl_sec: 30\n");
  const surroundings = {
    env: { ...env, SDN_ADDR: "127.0.0.1:0", DATA_DIR: `${folder.path}/data` },
  };
  const start = () => ProgramProcess.start([...command, "serve", "-c", config], surroundings);
  {
    await using controller = await deadline.for("a controller", start());
    assert.match(await controller.get("/"), /^<!doctype html>/i);
    assert.match(await controller.get("/dashboard/app.js"), /import /);
    await controller.get("/relay/north", { method: "PUT", body: "{}" });
    assert.equal(await deadline.for("the end", controller.stop()), 0, controller.log());
  }
  await using controller = await deadline.for("a controller", start());
  assert.equal(JSON.parse(await controller.get("/health")).relays, 1);
  controller.kill("SIGHUP");
  assert.match(await controller.get("/metrics"), /^qumo_sdn_relays/m);
  assert.equal(await deadline.for("the end", controller.stop()), 0, controller.log());
};

async function carryTrack(port: number, hash: string): Promise<void> {
  const server = { port, certificateHash: Uint8Array.fromHex(hash) };
  const publisher = await connectMoqNet(server);
  const viewer = await connectMoqt(server);
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
