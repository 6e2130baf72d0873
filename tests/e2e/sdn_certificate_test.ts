import assert from "node:assert/strict";
import type { CertificatePair } from "@qumo/shared/runtime";
import { generateCertificate } from "../../relay/transport/mod.ts";
import { Deadline } from "../support/deadline.ts";
import { runModule, runToEnd, startProgram } from "../support/processes/program_process.ts";
import { until } from "../support/until.ts";

Deno.test("the controller shows a new certificate after SIGHUP and keeps its streams and its state", async () => {
  using deadline = new Deadline();
  const folder = await Deno.makeTempDir();
  const [first, second] = [
    await generateCertificate(["localhost", "127.0.0.1"]),
    await generateCertificate(["localhost", "127.0.0.1"]),
  ];
  await write(folder, first);
  await using controller = await deadline.for("a controller", startController(folder));
  await controller.ask(first, "/relay/a", "PUT");
  // Opened under the first certificate, read to its end under the second.
  const watching = await controller.fetch(first, "/watch?scope=graph");
  const events = watching.body!.pipeThrough(new TextDecoderStream()).getReader();
  await write(folder, second);
  controller.program.kill("SIGHUP");
  await until("the new certificate", () => controller.shows(second));
  await assert.rejects(controller.ask(first, "/relay"), "the old certificate is still shown");
  assert.equal((await controller.ask(second, "/relay")).count, 1);
  await controller.ask(second, "/relay/b", "PUT");
  let text = "";
  while (!text.includes('"relay":"b"')) {
    const { value, done } = await deadline.for("relay b on the old stream", events.read());
    assert.equal(done, false, text);
    text += value;
  }
  controller.program.kill("SIGTERM");
  while (!(await deadline.for("the end of the stream", events.read())).done);
  assert.equal(await deadline.for("the end of the controller", controller.program.ended), 0);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("health finds a controller well whose certificate nobody signed", async () => {
  using deadline = new Deadline();
  const folder = await Deno.makeTempDir();
  await write(folder, await generateCertificate(["localhost", "127.0.0.1"]));
  await using controller = await deadline.for("a controller", startController(folder));
  const address = `127.0.0.1:${controller.program.port}`;
  const asking = runToEnd(...command(folder, address, ["health"]));
  const { code, stdout } = await deadline.for("an answer", asking);
  assert.deepEqual([code, stdout.slice(0, 3)], [0, "200"]);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("a controller does not begin beside another on the same port, with TLS as without", async () => {
  using deadline = new Deadline();
  const folder = await Deno.makeTempDir();
  await write(folder, await generateCertificate(["localhost", "127.0.0.1"]));
  await using first = await deadline.for("a controller", startController(folder));
  const late = runToEnd(...command(folder, `127.0.0.1:${first.program.port}`));
  const { code, stderr } = await deadline.for("a refusal", late);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /server\.address: cannot listen on .*[Aa]ddress (already )?in use/m,
  );
  await Deno.remove(folder, { recursive: true });
});

async function write(folder: string, { certificate, key }: CertificatePair): Promise<void> {
  await Deno.writeTextFile(`${folder}/cert.pem`, certificate);
  await Deno.writeTextFile(`${folder}/key.pem`, key);
}

/** The command of a controller at this address, and the certificate in a folder for it. */
function command(folder: string, address: string, words: readonly string[] = []) {
  const run = runModule("sdn/main.ts", [...words, "--address", address]);
  const env = {
    QUMO_SDN_SERVER_CERT_FILE: `${folder}/cert.pem`,
    QUMO_SDN_SERVER_KEY_FILE: `${folder}/key.pem`,
  };
  return [run, { env }] as const;
}

/** A controller with the certificate in this folder, asked by clients that trust one certificate alone. */
async function startController(folder: string) {
  const program = await startProgram(...command(folder, "127.0.0.1:0"));
  const clients: Deno.HttpClient[] = [];
  const fetchTrusting = ({ certificate }: CertificatePair, path: string, method = "GET") => {
    // A client of its own for each: a connection that is kept would hide what new ones are shown.
    const client = Deno.createHttpClient({ caCerts: [certificate] });
    clients.push(client);
    const body = method === "PUT" ? "{}" : null;
    return fetch(`${program.url}${path}`, { client, method, body });
  };
  return {
    program,
    fetch: fetchTrusting,
    async ask(trusted: CertificatePair, path: string, method?: string) {
      const response = await fetchTrusting(trusted, path, method);
      return await response.json();
    },
    async shows(trusted: CertificatePair): Promise<boolean> {
      return await this.ask(trusted, "/health").catch(() => undefined) !== undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.close();
      await program.end();
    },
  };
}
