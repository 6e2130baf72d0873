import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import type { Certificate, Clock } from "@qumo/shared/runtime";
import { generateCertificate, generatedCertificates } from "./generated_certificate.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

const DAY = 24 * 60 * 60 * 1000;
const START = Date.UTC(2026, 0, 1);

Deno.test("generateCertificate() makes what browsers accept by its hash", async () => {
  const clock = new ManualClock(START);
  const hosts = ["relay.example", "127.0.0.1", "::1"];
  const made = await generateCertificate(hosts, clock);
  const leaf = new X509Certificate(made.certificate);
  assert.equal(leaf.ca, false);
  assert.equal(leaf.publicKey.asymmetricKeyType, "ec");
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert.equal(leaf.checkHost("relay.example"), "relay.example");
  assert.equal(leaf.checkHost("other.example"), undefined);
  assert.match(leaf.subjectAltName ?? "", /127\.0\.0\.1/);
  assert.match(leaf.subjectAltName ?? "", /IP Address:(::1|0:0:0:0:0:0:0:1)/);
  assert(made.notBefore < START && START < made.notAfter);
  assert(made.notAfter - made.notBefore <= 14 * DAY);
});

Deno.test("generated certificates are renewed a day before they end", async () => {
  const clock = new ManualClock(START);
  const changes = Promise.withResolvers<Certificate>();
  const onRefused = (reason: string) => changes.reject(new Error(reason));
  const events = { onChange: changes.resolve, onRefused };
  const source = await generatedCertificates(["localhost"], events, clock);
  const first = source.current;
  assert.equal(await source.reload(), false);
  await clock.advance(first.notAfter - DAY - START - 1);
  assert.equal(source.current, first);
  await clock.advance(1);
  const second = await changes.promise;
  assert.notEqual(second.hash, first.hash);
  assert(second.notAfter > first.notAfter);
  source.close();
});

Deno.test("a renewal that is refused is tried again, and the old one stays", async () => {
  const timers: { delay: number; fire: () => void }[] = [];
  const clock: Clock = {
    now: () => 0,
    wall: () => START,
    after: (delay, fire) => {
      timers.push({ delay, fire });
      return { cancel() {} };
    },
  };
  const refused = Promise.withResolvers<string>();
  const onChange = () => {
    throw new Error("the listener will not have it");
  };
  const events = { onChange, onRefused: refused.resolve };
  const source = await generatedCertificates(["localhost"], events, clock);
  const first = source.current;
  timers[0]!.fire();
  assert.match(await refused.promise, /the listener will not have it/);
  assert.equal(source.current, first);
  assert.equal(timers[1]!.delay, 60_000);
  source.close();
});
