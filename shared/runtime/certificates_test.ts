import assert from "node:assert/strict";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import { inspectCertificate, sha256OfPem } from "./certificates.ts";

Deno.test("inspectCertificate() takes a pair and tells its hash and dates", async () => {
  const { certificate, key, hash } = await makeCertificate();
  const seen = inspectCertificate({ certificate, key });
  assert.equal(seen.hash, hash.toHex());
  assert.equal(seen.notAfter - seen.notBefore, (9 * 24 + 1) * 60 * 60 * 1000);
});

Deno.test("inspectCertificate() looks at the first certificate of a chain", async () => {
  const [leaf, issuer] = [await makeCertificate(), await makeCertificate()];
  const chain = `${leaf.certificate}\n${issuer.certificate}`;
  assert.equal(inspectCertificate({ certificate: chain, key: leaf.key }).hash, leaf.hash.toHex());
  assert.throws(() => inspectCertificate({ certificate: chain, key: issuer.key }));
});

Deno.test("inspectCertificate() refuses another's key and broken texts", async () => {
  const [one, other] = [await makeCertificate(), await makeCertificate()];
  const refuses = (certificate: string, key: string, message: RegExp) =>
    assert.throws(() => inspectCertificate({ certificate, key }), { message });
  refuses(one.certificate, other.key, /the key belongs to another one/);
  refuses("", one.key, /Cannot read certificate/);
  refuses(one.certificate, "", /Cannot read key/);
  refuses(one.certificate.slice(0, 200), one.key, /Cannot read certificate/);
  refuses(one.key, one.certificate, /Cannot read certificate/);
});

Deno.test("sha256OfPem() hashes the DER inside", async () => {
  const { certificate } = await makeCertificate();
  const base64 = certificate.replace(/-----[^-]+-----|\s/g, "");
  const digest = await crypto.subtle.digest("SHA-256", Uint8Array.fromBase64(base64));
  assert.equal(sha256OfPem(certificate), new Uint8Array(digest).toHex());
  assert.match(sha256OfPem(certificate), /^[0-9a-f]{64}$/);
});
