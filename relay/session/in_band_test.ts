import {
  ByteWriter,
  commonDraft,
  type Draft,
  drafts,
  multiplexedDrafts,
  rfc9000,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { findInBand } from "./in_band.ts";
import { testDraft } from "../../tests/support/test_draft.ts";
import { memoryPair } from "../../tests/support/transport/memory_connection.ts";
import { ManualClock } from "../../tests/support/worlds/manual_clock.ts";

/** A draft that is offered in a list of versions, as those up to 14 are. */
function listed(number: bigint): Draft {
  const [draft] = multiplexedDrafts;
  return { ...draft!, protocol: `listed-${number}`, version: 0xff000000n + number };
}

const OLD = listed(0x70n);
const OLDER = listed(0x60n);

/** CLIENT_SETUP with this list of versions and no parameters. */
function clientSetup(...versions: readonly bigint[]): Uint8Array {
  const body = new ByteWriter(rfc9000);
  body.count(versions.length);
  for (const version of versions) body.varint(version);
  body.count(0);
  const frame = new ByteWriter(rfc9000);
  frame.varint(0x20n);
  frame.u16(body.length);
  frame.bytes(body.finish());
  return frame.finish();
}

/** What is found when a client opens a bidirectional stream with these bytes, one by one. */
async function offer(bytes: Uint8Array, spoken: readonly Draft[]) {
  const [client, server] = memoryPair();
  const clock = new ManualClock();
  const finding = findInBand(server, {
    protocols: spoken.map(({ protocol }) => protocol),
    drafts: spoken,
    clock,
    timeoutMs: 1_000,
  });
  const { send } = await client.openBidi();
  for (const byte of bytes) await send.write(Uint8Array.of(byte));
  return { found: await finding, end: () => client.close(0, "") };
}

Deno.test("of the versions that a CLIENT_SETUP lists the one is spoken that is preferred here", async () => {
  const bytes = clientSetup(OLDER.version!, 0xff00000en, OLD.version!);
  const { found, end } = await offer(bytes, [...drafts, OLD, OLDER]);
  assert.ok(found?.ok);
  assert.equal(found.value.draft, OLD);
  const stream = await found.value.streams.acceptBidi();
  const seen: number[] = [];
  while (seen.length < bytes.length) {
    seen.push(...(await stream!.receive.read(new Uint8Array(64)))!);
  }
  assert.deepEqual(seen, [...bytes], "its session reads CLIENT_SETUP as if nobody had looked");
  end();
});

Deno.test("a draft without a number in lists is never taken from one", async () => {
  const { found, end } = await offer(clientSetup(0xff000012n, OLD.version!), drafts);
  assert.ok(found !== undefined && !found.ok);
  assert.match(found.refusal.reason, /CLIENT_SETUP with moqt draft 18, moqt draft 112; this relay/);
  end();
});

/** What is found when a client begins with SETUP on a unidirectional stream. */
async function setup(spoken: readonly Draft[]) {
  const [client, server] = memoryPair();
  const finding = findInBand(server, {
    protocols: ["moq-lite-99", ...spoken.map(({ protocol }) => protocol)],
    drafts: spoken,
    clock: new ManualClock(),
    timeoutMs: 1_000,
  });
  const control = await client.openUni();
  await control.write(commonDraft.control.encode({ kind: "setup", options: {} }));
  const found = await finding;
  client.close(0, "");
  return found;
}

const NEWER: Draft = { ...commonDraft, protocol: "newer" };

Deno.test("SETUP on a unidirectional stream is what most clients speak, whatever is preferred", async () => {
  const found = await setup([OLD, NEWER, commonDraft]);
  assert.equal(found?.ok && found.value.draft, commonDraft);
});

Deno.test("SETUP is the preferred one of the drafts that begin so where the common one is disabled", async () => {
  const found = await setup([OLD, NEWER, testDraft]);
  assert.equal(found?.ok && found.value.draft, NEWER);
});

Deno.test("SETUP is refused where only older drafts and other protocols are enabled", async () => {
  const found = await setup([OLD]);
  assert.ok(found !== undefined && !found.ok);
  const { kind, code, reason } = found.refusal;
  assert.equal(kind, "protocol");
  assert.equal(code, commonDraft.sessionCodes.version_negotiation_failed);
  assert.match(reason, /offered SETUP, of draft 17 or later, .* speaks moq-lite-99, listed-112$/);
});
