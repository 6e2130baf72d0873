import "reflect-metadata";
import assert from "node:assert/strict";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509Certificate,
} from "@peculiar/x509";
import { newKeys, selfSigned } from "./self_signed.ts";

const HOUR = 3_600_000;
const body = {
  hosts: ["relay.example", "127.0.0.1", "2001:db8::7"],
  serial: new Uint8Array(16).fill(0x41),
  notBefore: Date.UTC(2026, 0, 1),
  notAfter: Date.UTC(2026, 0, 14),
};

Deno.test("a certificate of the relay is what a library of certificates reads", async () => {
  const leaf = new X509Certificate(await selfSigned(body, await newKeys()));
  assert.equal(leaf.subject, "CN=qumo");
  assert.equal(leaf.issuer, "CN=qumo");
  assert.equal(leaf.serialNumber, "41".repeat(16));
  assert.equal(leaf.notBefore.getTime(), body.notBefore);
  assert.equal(leaf.notAfter.getTime(), body.notAfter);
  const names = leaf.getExtension(SubjectAlternativeNameExtension)?.names.toJSON();
  assert.deepEqual(names?.map(({ type, value }) => `${type} ${value}`), [
    "dns relay.example",
    "ip 127.0.0.1",
    "ip 2001:db8::7",
  ]);
  const constraints = leaf.getExtension(BasicConstraintsExtension);
  assert.deepEqual([constraints?.ca, constraints?.critical], [false, true]);
  const usage = leaf.getExtension(KeyUsagesExtension);
  assert.deepEqual([usage?.usages, usage?.critical], [1, true]);
  const purposes = leaf.getExtension(ExtendedKeyUsageExtension)?.usages ?? [];
  assert.deepEqual([...purposes], ["1.3.6.1.5.5.7.3.1"]);
});

Deno.test("every certificate of the relay is signed by its own key, and by no other", async () => {
  const other = await newKeys();
  const date = new Date(body.notBefore + HOUR);
  // Whether a number of a signature begins with a set bit, or with a zero, is chance.
  for (let round = 0; round < 40; round++) {
    const keys = await newKeys();
    const leaf = new X509Certificate(await selfSigned(body, keys));
    assert.equal(await leaf.verify({ publicKey: keys.publicKey, date }), true);
    assert.equal(await leaf.verify({ publicKey: other.publicKey, date }), false);
  }
});
