/** The relay's page over TLS, in Chromium, with certificates that it trusts by flag or by authority. */
import assert from "node:assert/strict";
import { createHash, createPublicKey } from "node:crypto";
import { playwrightBrowser } from "../peers/browsers.ts";
import { assertMoves, openPage, picturesSeen, startPublishing } from "../peers/media_pages.ts";
import { optionalTest, programMissing } from "../support/optional_test_case.ts";
import {
  chromiumMissing,
  type ChromiumOptions,
  launchChromium,
} from "../support/processes/chromium.ts";
import { runToEnd } from "../support/processes/program_process.ts";
import { startRelay } from "../support/processes/relay_process.ts";
import {
  makeCertificate,
  makeSignedCertificate,
  type TestCertificate,
} from "../support/transport/certificate.ts";
import { becomes } from "../support/until.ts";

const NAME = "live/secure.hang";

optionalTest(
  "the page publishes and plays over https by WebSocket, where UDP's certificate is not trusted",
  chromiumMissing,
  async () => {
    const certificate = await makeCertificate();
    const key = createPublicKey(certificate.certificate).export({ type: "spki", format: "der" });
    const trustedKeys = [createHash("sha256").update(key).digest("base64")];
    await publishAndWatch({ certificate, chromium: { trustedKeys }, transport: "websocket" });
  },
);

optionalTest(
  "the page publishes and plays over https by WebTransport, where the authority is trusted",
  chromiumMissing ?? programMissing("certutil"),
  async () => {
    const certificate = await makeSignedCertificate();
    const home = await Deno.makeTempDir({ prefix: "qumo_" });
    try {
      await trustAuthority(home, certificate.authority);
      await publishAndWatch({ certificate, chromium: { home }, transport: "webtransport" });
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);

interface Setting {
  readonly certificate: TestCertificate;
  readonly chromium: ChromiumOptions;
  /** What the sessions of the page are to go over. */
  readonly transport: string;
}

async function publishAndWatch({ certificate, chromium, transport }: Setting): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "qumo_" });
  const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  await Deno.writeTextFile(certFile, certificate.certificate);
  await Deno.writeTextFile(keyFile, certificate.key);
  try {
    await using relay = await startRelay({ server: { cert_file: certFile, key_file: keyFile } });
    const browser = await launchChromium(chromium);
    try {
      const pages = playwrightBrowser(browser);
      const at = `https://127.0.0.1:${relay.port}`;
      await startPublishing(await openPage(pages, `${at}/publish`), { name: NAME });
      const page = await openPage(pages, `${at}/watch?name=${encodeURIComponent(NAME)}`);
      assertMoves(await picturesSeen(page, 10));
      const transports = async () => {
        const { items } = JSON.parse(await relay.get("/status/sessions"));
        return items.map(({ transport }: { transport: string }) => transport);
      };
      await becomes(transports, [transport, transport]);
    } finally {
      await browser.close();
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Lets a Chromium with this home directory trust an authority. */
async function trustAuthority(home: string, authority: string): Promise<void> {
  const file = `${home}/authority.pem`;
  await Deno.writeTextFile(file, authority);
  // Where newer Chromium looks, and where older does.
  for (const folder of [`${home}/.local/share/pki/nssdb`, `${home}/.pki/nssdb`]) {
    await Deno.mkdir(folder, { recursive: true });
    const at = ["-d", `sql:${folder}`];
    const made = await runToEnd(["certutil", "-N", ...at, "--empty-password"]);
    const added = await runToEnd([
      "certutil",
      ...["-A", ...at, "-t", "C,,", "-n", "test authority", "-i", file],
    ]);
    assert.deepEqual([made.code, added.code], [0, 0], made.stderr + added.stderr);
  }
}
