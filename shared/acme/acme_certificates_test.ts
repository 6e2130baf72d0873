import assert from "node:assert/strict";
import type { Certificate, CertificateSource } from "@qumo/shared/runtime";
import {
  type Answer,
  LIFETIME_MS,
  ScriptedAuthority,
} from "../../tests/support/worlds/acme_authority.ts";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import { until } from "../../tests/support/until.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";
import { AcmeCertificates, type AcmeParts } from "./acme_certificates.ts";
import { Challenges } from "./challenges.ts";
import { MAX_REASON_CHARACTERS } from "./limits.ts";
import { inspectCertificate } from "../runtime/certificates.ts";

const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A folder in memory. */
class Folder extends Map<string, string> {
  isFull = false;
  read = (name: string) => Promise.resolve(this.get(name));
  write = (name: string, text: string) => {
    if (this.isFull) return Promise.reject(new Error("no room"));
    this.set(name, text);
    return Promise.resolve();
  };
}

function world(given: Partial<AcmeParts> = {}) {
  const clock = new ManualClock(START);
  const { log, lines } = memoryLog();
  const challenges = new Challenges();
  const answers: Record<string, Answer> = {};
  const authority = new ScriptedAuthority(clock, challenges, answers);
  const folder = new Folder();
  const shown: Certificate[] = [];
  const counts = { ok: 0, failed: 0 };
  const parts: AcmeParts = {
    domains: ["relay.example", "www.relay.example"],
    email: "ops@relay.example",
    directoryUrl: authority.directoryUrl,
    folder,
    challenges,
    fetch: authority.fetch,
    events: { onChange: (certificate) => void shown.push(certificate) },
    counts,
    clock,
    log,
    random: () => 0,
    ...given,
  };
  /** Waits while no time passes. */
  const meanwhile = (awaited: string, condition: () => boolean) =>
    until(awaited, async () => {
      await clock.advance(0);
      return condition();
    });
  return { clock, lines, authority, answers, folder, shown, counts, parts, challenges, meanwhile };
}

/** Answers the next requests so, one after the other. */
function inTurn(...answers: Answer[]): Answer {
  return (url, init) => answers.shift()?.(url, init);
}

/** What an authority says of a request that it refuses. */
function problem(type: string, detail: string) {
  return { type: `urn:ietf:params:acme:error:${type}`, detail };
}

async function fallback(): Promise<CertificateSource & { isClosed: boolean }> {
  const current = inspectCertificate(await makeCertificate());
  const source = {
    current,
    isClosed: false,
    reload: () => Promise.resolve(false),
    close: () => void (source.isClosed = true),
  };
  return source;
}

Deno.test("AcmeCertificates gets a certificate, keeps it, and renews it after two thirds of its time", async () => {
  const { clock, authority, folder, shown, counts, parts, meanwhile } = world();
  const spare = await fallback();
  const source = await AcmeCertificates.open(parts, () => Promise.resolve(spare));
  assert.equal(source.current.hash, spare.current.hash);
  assert.equal(source.isOwn, false);
  await meanwhile("the first certificate", () => counts.ok === 1);
  await source.ready;
  assert.equal(source.isOwn, true);
  assert.equal(source.current.hash, shown[0]?.hash);
  assert.equal(source.current.notAfter, START + LIFETIME_MS);
  assert.equal(spare.isClosed, true);
  assert.deepEqual(authority.contacts, [["mailto:ops@relay.example"]]);
  assert.deepEqual([...folder.keys()], ["account.pem", "certificate.pem"]);
  await clock.advance(LIFETIME_MS * 2 / 3 - HOUR);
  assert.equal(authority.issued, 1);
  await clock.advance(HOUR);
  await meanwhile("the second certificate", () => counts.ok === 2);
  assert.equal(source.current.notAfter, clock.wall() + LIFETIME_MS);
  assert.equal(shown.length, 2);
  await source.close();

  // Another start has what is stored, and asks nobody.
  const again = await AcmeCertificates.open({ ...parts, counts: { ok: 0, failed: 0 } });
  await again.ready;
  assert.equal(again.current.hash, shown[1]?.hash);
  await clock.advance(DAY);
  assert.equal(authority.issued, 2);
  await again.close();
});

Deno.test("AcmeCertificates goes on with what it has, and asks again later and later", async () => {
  const { clock, lines, authority, answers, counts, parts, meanwhile } = world();
  const spare = await fallback();
  const down = () => authority.answer(500, problem("serverInternal", "down"));
  const rateLimited = problem("rateLimited", "too many");
  const limited = () => authority.answer(429, rateLimited, { "retry-after": "7200" });
  answers["/order"] = inTurn(down, limited, down);
  const source = await AcmeCertificates.open(parts, () => Promise.resolve(spare));
  await meanwhile("a refusal", () => counts.failed === 1);
  assert.equal(source.current.hash, spare.current.hash);
  // Half of the first wait, which is spread over its upper half.
  await clock.advance(30_000);
  await meanwhile("the next refusal", () => counts.failed === 2);
  // As long as the authority wants.
  await clock.advance(2 * HOUR - 1);
  assert.equal(counts.failed, 2);
  await clock.advance(1);
  await meanwhile("the third refusal", () => counts.failed === 3);
  const reasons = lines.filter(({ text }) => text.startsWith("warn: no certificate by ACME"))
    .map(({ fields }) => [fields["reason"], fields["retry_in_ms"]]);
  assert.deepEqual(reasons, [["down", 30_000], ["too many", 2 * HOUR], ["down", 120_000]]);
  await clock.advance(120_000);
  await meanwhile("a certificate", () => counts.ok === 1);
  await source.close();
});

Deno.test("AcmeCertificates says why a domain is not proved, and answers no challenge afterwards", async () => {
  const { clock, lines, authority, counts, parts, challenges, meanwhile } = world();
  const elsewhere = new ScriptedAuthority(clock, new Challenges());
  const source = await AcmeCertificates.open({ ...parts, fetch: elsewhere.fetch });
  await meanwhile("a failure", () => counts.failed === 1);
  assert.equal(
    lines.at(-1)?.fields["reason"],
    "relay.example is not proved: the domain leads elsewhere",
  );
  assert.throws(() => source.current, /no certificate yet/);
  const after = new Request("http://relay.example/.well-known/acme-challenge/token-0-0");
  assert.equal((await challenges.handle(after)).status, 404);
  assert.equal(authority.issued, 0);
  await source.close();
});

Deno.test("AcmeCertificates sends a request again whose nonce is not accepted, a few times", async () => {
  const { authority, answers, counts, parts, meanwhile } = world();
  const stale = () => authority.answer(400, problem("badNonce", "stale"));
  answers["/order"] = inTurn(stale, stale, stale);
  answers["/finalize"] = inTurn(stale);
  const source = await AcmeCertificates.open(parts);
  await meanwhile("a certificate", () => counts.ok === 1);
  assert.equal(counts.failed, 0);
  await source.close();
});

Deno.test("AcmeCertificates does not use what is stored if it has ended, or is for other domains, or no certificate", async () => {
  const { clock, lines, authority, folder, counts, parts, meanwhile } = world();
  const first = await AcmeCertificates.open(parts);
  await meanwhile("a certificate", () => counts.ok === 1);
  await first.close();
  const more = { ...parts, domains: [...parts.domains, "third.example"] };
  const second = await AcmeCertificates.open(more);
  await meanwhile("one with the third domain", () => counts.ok === 2);
  assert.equal(
    lines.find(({ text }) => text.includes("stored"))?.fields["reason"],
    "it is not for third.example",
  );
  await second.close();
  clock.stop(LIFETIME_MS);
  const third = await AcmeCertificates.open(more);
  await meanwhile("one that has not ended", () => counts.ok === 3);
  await third.close();
  folder.set("certificate.pem", "nothing");
  folder.isFull = true;
  const fourth = await AcmeCertificates.open(more);
  await meanwhile("one that is not stored", () => counts.ok === 4);
  assert.equal(fourth.current.notAfter, clock.wall() + LIFETIME_MS);
  assert.ok(lines.some(({ text }) => text === "warn: the certificate could not be stored"));
  assert.equal(authority.issued, 4);
  await fourth.close();
});

Deno.test("AcmeCertificates says that its account's key is none, and leaves that as it is", async () => {
  const { lines, authority, folder, counts, parts, meanwhile } = world();
  folder.set("account.pem", "-----BEGIN PRIVATE KEY-----\n");
  const source = await AcmeCertificates.open(parts);
  await meanwhile("a failure", () => counts.failed === 1);
  assert.equal(lines.at(-1)?.fields["reason"], "account.pem in its folder is no private key");
  assert.deepEqual(authority.asked, []);
  assert.deepEqual([...folder.keys()], ["account.pem"]);
  await source.close();
});

Deno.test("AcmeCertificates says the beginning of a reason that is a story", async () => {
  const { lines, authority, answers, counts, parts, meanwhile } = world();
  const story = problem("serverInternal", "x".repeat(100_000));
  answers["/order"] = inTurn(() => authority.answer(500, story));
  const source = await AcmeCertificates.open(parts);
  await meanwhile("a refusal", () => counts.failed === 1);
  assert.equal(lines.at(-1)?.fields["reason"], "x".repeat(MAX_REASON_CHARACTERS));
  await source.close();
});

Deno.test("AcmeCertificates does not order again and again by a clock that is ahead", async () => {
  const { lines, authority, counts, parts } = world();
  const ahead = new ManualClock(START + LIFETIME_MS * 0.7);
  const source = await AcmeCertificates.open({ ...parts, clock: ahead });
  await source.ready;
  assert.equal(source.isOwn, true);
  const meanwhile = (awaited: string, condition: () => boolean) =>
    until(awaited, async () => {
      await ahead.advance(0);
      return condition();
    });
  await meanwhile("a word of it", () => counts.failed === 1);
  assert.match(String(lines.at(-1)?.fields["reason"]), /whether this clock is right/);
  await ahead.advance(29_999);
  assert.equal(authority.issued, 1);
  await ahead.advance(1);
  await meanwhile("another certificate, and a word of it", () => counts.failed === 2);
  assert.equal(lines.at(-1)?.fields["retry_in_ms"], 60_000);
  await source.close();
});
