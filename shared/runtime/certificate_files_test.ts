import assert from "node:assert/strict";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import { type CertificateFiles, certificateFiles } from "./certificate_files.ts";
import {
  type Certificate,
  type CertificateEvents,
  type CertificatePair,
  inspectCertificate,
} from "./certificates.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

Deno.test("certificateFiles() takes the pair that is there", async () => {
  const { pair, source } = await start();
  assert.equal(source.current.hash, inspectCertificate(pair).hash);
  source.close();
});

Deno.test("certificateFiles() fails when the first pair cannot be used", async () => {
  const good = await generateCertificate();
  const events = { onChange: () => {}, onRefused: () => {} };
  const late = new ManualClock(good.notAfter);
  const open = (pair: CertificatePair, clock = new ManualClock(Date.now())) =>
    certificateFiles(new Folder(pair), events, clock);
  await assert.rejects(open({ certificate: "?", key: good.key }), /Cannot read certificate/);
  await assert.rejects(open(good, late), /Cannot use cert.pem: it ended on/);
});

Deno.test("a new pair is found at the next look and handed on", async () => {
  const { folder, clock, source, seen } = await start();
  const next = await generateCertificate();
  await clock.advance(1000);
  assert.equal(seen.length, 0);
  folder.replace(next);
  await clock.advance(1000);
  assert.deepEqual(seen, [`changed ${next.hash}`]);
  assert.equal(source.current.hash, next.hash);
  await clock.advance(5000);
  assert.equal(seen.length, 1);
  source.close();
});

Deno.test("a broken pair is refused once and the old one stays until it is whole", async () => {
  const { folder, clock, source, seen } = await start();
  const old = source.current;
  const next = await generateCertificate();
  folder.replace({ certificate: next.certificate, key: old.key });
  await clock.advance(5000);
  assert.deepEqual(seen, ["refused Cannot use certificate: the key belongs to another one"]);
  assert.equal(source.current, old);
  folder.replace(next);
  await clock.advance(1000);
  assert.equal(seen.at(-1), `changed ${next.hash}`);
  source.close();
});

Deno.test("reload() looks at once, whatever the file times say", async () => {
  const { folder, source, seen } = await start();
  assert.equal(await source.reload(), false);
  const next = await generateCertificate();
  folder.pair = next;
  assert.equal(await source.reload(), true);
  folder.pair = { certificate: "", key: "" };
  assert.equal(await source.reload(), false);
  assert.deepEqual(seen, [
    `changed ${next.hash}`,
    "refused Cannot read certificate: not a PEM text that is understood",
  ]);
  source.close();
});

Deno.test("a pair that the listener will not have is refused", async () => {
  const { folder, source, seen } = await start(() => {
    throw new Error("not for this listener");
  });
  const old = source.current;
  folder.pair = await generateCertificate();
  assert.equal(await source.reload(), false);
  assert.equal(source.current, old);
  assert.deepEqual(seen, ["refused not for this listener"]);
  source.close();
});

Deno.test("files that go away are not looked at twice, and nobody watches after close()", async () => {
  const { folder, clock, source, seen } = await start();
  folder.gone = true;
  await clock.advance(3000);
  assert.equal(seen.length, 0);
  assert.equal(await source.reload(), false);
  assert.deepEqual(seen, ["refused no such file"]);
  source.close();
  assert.equal(clock.pending, 0);
});

async function generateCertificate(): Promise<Certificate> {
  return inspectCertificate(await makeCertificate());
}

async function start(onChange?: CertificateEvents["onChange"]) {
  const pair = await generateCertificate();
  const folder = new Folder(pair);
  const clock = new ManualClock(Date.now());
  const seen: string[] = [];
  const source = await certificateFiles(folder, {
    onChange: onChange ?? (({ hash }) => seen.push(`changed ${hash}`)),
    onRefused: (reason) => seen.push(`refused ${reason}`),
  }, clock);
  return { pair, folder, clock, source, seen };
}

/** Two files in memory. */
class Folder implements CertificateFiles {
  readonly certificatePath = "cert.pem";
  readonly keyPath = "key.pem";
  readonly pollInterval = 1000;
  gone = false;
  #written = 1;

  constructor(public pair: CertificatePair) {}

  replace(pair: CertificatePair): void {
    this.pair = pair;
    this.#written++;
  }

  readonly readText = (path: string) =>
    this.#look(path === this.keyPath ? this.pair.key : this.pair.certificate);

  readonly modified = (_path: string) => this.#look(this.#written);

  #look<T>(value: T): Promise<T> {
    return this.gone ? Promise.reject(new Error("no such file")) : Promise.resolve(value);
  }
}
