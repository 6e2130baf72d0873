import "reflect-metadata";
import assert from "node:assert/strict";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { optionalTest } from "../support/optional_test_case.ts";
import { etcdMissing, startEtcd } from "../support/processes/etcd.ts";
import { SdnProcess } from "../support/processes/sdn_process.ts";
import { becomes } from "../support/until.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY_MS = 86_400_000;

optionalTest(
  "etcd: controllers come to it by TLS, known by their certificates",
  etcdMissing,
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "etcd_tls_" });
    const [authority, stranger] = [await Authority.make(), await Authority.make()];
    const own = await authority.write(folder, "own");
    const other = await stranger.write(folder, "other");
    using client = await clientOf(own);
    await using cluster = await startEtcd(1, {
      flags: [
        `--cert-file=${own.cert}`,
        `--key-file=${own.key}`,
        "--client-cert-auth",
        `--trusted-ca-file=${own.ca}`,
      ],
      fetch: (input, init) => fetch(input, { ...init, client }),
    });
    const configuration = (tls: object) => {
      return { store: "etcd", etcd: { endpoints: cluster.endpoints, timeout_ms: 30_000, ...tls } };
    };
    const start = (tls: object) => SdnProcess.start(configuration(tls));
    const known = { ca_file: own.ca, cert_file: own.cert, key_file: own.key };
    {
      await using one = await start(known);
      await using two = await start(known);
      assert.equal((await one.ask("PUT", "/relay/a", { region: "eu" })).status, 200);
      await becomes(async () => (await two.ask("GET", "/relay")).body.count, 1);
      assert.equal((await two.ask("GET", "/relay/a")).body.region, "eu");
      assert.equal((await two.ask("PUT", "/relay/a", {})).status, 200);
    }
    // Without the authority etcd is not believed; without a certificate that it knows it does not answer.
    for (
      const tls of [
        { ...known, ca_file: "" },
        { ca_file: own.ca },
        { ...known, cert_file: other.cert, key_file: other.key },
      ]
    ) {
      assert.match(await SdnProcess.waiting(configuration(tls)), /no member of etcd answers/);
    }
    await Deno.remove(folder, { recursive: true });
  },
);

interface Files {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** An authority, which signs one certificate: etcd's gateway shows its own as a client, too. */
class Authority {
  readonly #keys: CryptoKeyPair;
  readonly #certificate: string;

  private constructor(keys: CryptoKeyPair, certificate: string) {
    this.#keys = keys;
    this.#certificate = certificate;
  }

  static async make(): Promise<Authority> {
    const keys = await generate();
    const made = await X509CertificateGenerator.createSelfSigned({
      name: "CN=authority",
      keys,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      extensions: [new BasicConstraintsExtension(true, undefined, true)],
    });
    return new Authority(keys, made.toString("pem"));
  }

  async write(folder: string, name: string): Promise<Files> {
    const keys = await generate();
    const { serverAuth, clientAuth } = ExtendedKeyUsage;
    const leaf = await X509CertificateGenerator.create({
      subject: "CN=loopback",
      issuer: "CN=authority",
      publicKey: keys.publicKey,
      signingKey: this.#keys.privateKey,
      ...validity(),
      signingAlgorithm: ALGORITHM,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new ExtendedKeyUsageExtension([serverAuth, clientAuth]),
        new SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      ],
    });
    const files = {
      ca: `${folder}/${name}-ca.pem`,
      cert: `${folder}/${name}.pem`,
      key: `${folder}/${name}-key.pem`,
    };
    await Deno.writeTextFile(files.ca, this.#certificate);
    await Deno.writeTextFile(files.cert, leaf.toString("pem"));
    await Deno.writeTextFile(files.key, await privateKeyPem(keys.privateKey));
    return files;
  }
}

async function clientOf({ ca, cert, key }: Files): Promise<Deno.HttpClient> {
  return Deno.createHttpClient({
    caCerts: [await Deno.readTextFile(ca)],
    cert: await Deno.readTextFile(cert),
    key: await Deno.readTextFile(key),
  });
}

function validity() {
  const now = Date.now();
  return { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + DAY_MS) };
}

function generate(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  const lines = bytes.toBase64().match(/.{1,64}/g) ?? [];
  return ["-----BEGIN PRIVATE KEY-----", ...lines, "-----END PRIVATE KEY-----", ""].join("\n");
}
