/** Both programs and an authority that speaks ACME: Debian's pebble, or Let's Encrypt's from Go. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { PROGRAMS } from "../../.build/programs.ts";
import { stageSources } from "../../.build/stage.ts";
import { readStamp } from "../../.build/stamp.ts";
import { generateCertificate } from "../../relay/transport/mod.ts";
import { fromBundle } from "../support/executables/programs.ts";
import { optionalTest, programMissing } from "../support/optional_test_case.ts";
import {
  ProgramProcess,
  runModule,
  startProgram,
  writeConfig,
} from "../support/processes/program_process.ts";
import { freePort } from "../support/mesh/ports.ts";

const DOMAIN = "localhost";
const DOMAINS = [DOMAIN, "live.localhost"];

/** An authority whose certificates nobody but its own clients believes. */
class Pebble implements AsyncDisposable {
  readonly challengePort = freePort();
  readonly directoryUrl: string;
  readonly caFile: string;
  readonly #programs: readonly ProgramProcess[];
  readonly #folder: string;

  private constructor(
    programs: readonly ProgramProcess[],
    folder: string,
    port: number,
    challengePort: number,
  ) {
    this.#programs = programs;
    this.#folder = folder;
    this.challengePort = challengePort;
    this.directoryUrl = `https://localhost:${port}/dir`;
    this.caFile = `${folder}/ca.pem`;
  }

  static async start(): Promise<Pebble> {
    const folder = await Deno.makeTempDir({ prefix: "pebble_" });
    const [port, challengePort] = [freePort(), freePort()];
    const { certificate, key } = await generateCertificate(["localhost"]);
    await Deno.writeTextFile(`${folder}/ca.pem`, certificate);
    await Deno.writeTextFile(`${folder}/key.pem`, key);
    const pebble = {
      listenAddress: `127.0.0.1:${port}`,
      managementListenAddress: `127.0.0.1:${freePort()}`,
      certificate: `${folder}/ca.pem`,
      privateKey: `${folder}/key.pem`,
      httpPort: challengePort,
      tlsPort: freePort(),
      certificateValidityPeriod: 7 * 86_400,
    };
    const file = `${folder}/config.json`;
    await Deno.writeTextFile(file, JSON.stringify({ pebble }));
    const env = { PEBBLE_VA_NOSLEEP: "1" };
    const [dns, resolver] = await startResolver();
    const command = ["pebble", "-config", file, "-dnsserver", dns] as const;
    const program = new ProgramProcess(command, { env });
    await program.says(/ACME directory available/);
    return new Pebble([program, resolver], folder, port, challengePort);
  }

  /** What a program is told of it. */
  settings(folder: string) {
    return {
      domains: DOMAINS,
      email: "ops@relay.example",
      directory_url: this.directoryUrl,
      terms_accepted: true,
      folder,
      http_address: `127.0.0.1:${this.challengePort}`,
      ca_file: this.caFile,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const program of this.#programs) await program[Symbol.asyncDispose]();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A server of names that all lead here, and where it listens. */
async function startResolver(): Promise<[address: string, resolver: ProgramProcess]> {
  const address = `127.0.0.1:${freePort()}`;
  const others = ["http01", "https01", "tlsalpn01", "defaultIPv6"].flatMap((
    one,
  ) => [`-${one}`, ""]);
  const resolver = new ProgramProcess([
    "pebble-challtestsrv",
    ...["-dns01", address, "-management", `127.0.0.1:${freePort()}`],
    ...others,
  ]);
  await resolver.says(/Starting management server/);
  return [address, resolver];
}

function acmeTest(name: string, test: (pebble: Pebble) => Promise<void>): void {
  optionalTest(name, programMissing("pebble"), async () => {
    await using pebble = await Pebble.start();
    await test(pebble);
  });
}

/** The certificate that is shown over TLS. */
function shownAt(port: number): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      port,
      host: "127.0.0.1",
      servername: DOMAIN,
      rejectUnauthorized: false,
    });
    socket.on("error", reject);
    socket.on("secureConnect", () => {
      resolve(new X509Certificate(socket.getPeerCertificate().raw));
      socket.destroy();
    });
  });
}

acmeTest(
  "a relay gets a certificate by ACME while it serves, and has it after a restart",
  async (pebble) => {
    const data = await Deno.makeTempDir({ prefix: "acme_" });
    const config = { server: { address: "127.0.0.1:0" }, acme: pebble.settings(`${data}/acme`) };
    const { folder, file } = await writeConfig(config);
    const start = () => startProgram(runModule("relay/main.ts", ["--config", file]));
    const first = await start();
    const generated = (relay: ProgramProcess) =>
      relay.get("/metrics").then((text) => /^qumo_relay_certificate_generated\S* 1$/m.test(text));
    await first.says(/certificate replaced/);
    assert.equal(await generated(first), false);
    const hash = await first.get("/certificate.sha256");
    const shown = await shownAt(first.port);
    assert.equal(shown.fingerprint256.replaceAll(":", "").toLowerCase(), hash);
    assert.match(shown.issuer, /Pebble/);
    for (const domain of DOMAINS) assert.equal(shown.checkHost(domain), domain);
    assert.match(await first.get("/metrics"), /acme_orders_total\{.*result="ok".*\} 1/);
    await first.end();
    for (const name of ["account.pem", "certificate.pem"]) {
      assert.equal((await Deno.stat(`${data}/acme/${name}`)).mode! & 0o777, 0o600);
    }
    const second = await start();
    assert.equal(await second.get("/certificate.sha256"), hash);
    await second.end();
    for (const one of [data, folder]) await Deno.remove(one, { recursive: true });
  },
);

acmeTest(
  "a controller opens its port with a certificate by ACME, and one in vain says why",
  async (pebble) => {
    const data = await Deno.makeTempDir({ prefix: "acme_" });
    const acme = pebble.settings(`${data}/acme`);
    const config = { server: { address: "127.0.0.1:0" }, acme };
    const { folder, file } = await writeConfig(config);
    const controller = await startProgram(runModule("sdn/main.ts", ["--config", file]));
    assert.ok(controller.url.startsWith("https://"));
    const shown = await shownAt(controller.port);
    assert.match(shown.issuer, /Pebble/);
    assert.equal(await controller.end(), 0, controller.log());

    const wrong = {
      ...config,
      acme: { ...acme, folder: `${data}/other`, http_address: "127.0.0.1:0" },
    };
    const other = await writeConfig(wrong);
    const waiting = new ProgramProcess(runModule("sdn/main.ts", ["--config", other.file]));
    await waiting.says(/no certificate by ACME.*localhost is not proved/);
    assert.equal(waiting.url, "");
    assert.equal(await waiting.end(), 0);
    for (const one of [data, folder, other.folder]) await Deno.remove(one, { recursive: true });
  },
);

acmeTest("both programs get a certificate by ACME as they are shipped", async (pebble) => {
  const stage = await stageSources(await readStamp(Deno.env));
  for (const program of PROGRAMS) {
    const data = await Deno.makeTempDir({ prefix: "acme_" });
    const config = { server: { address: "127.0.0.1:0" }, acme: pebble.settings(`${data}/acme`) };
    const { folder, file } = await writeConfig(config);
    const started = await startProgram([...await fromBundle(program, stage), "--config", file]);
    await started.says(/certificate replaced/);
    assert.match((await shownAt(started.port)).issuer, /Pebble/);
    assert.equal(await started.end(), 0, started.log());
    for (const one of [data, folder]) await Deno.remove(one, { recursive: true });
  }
  await Deno.remove(stage, { recursive: true });
});
