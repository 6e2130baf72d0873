import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../../errors.ts";
import type { Layout } from "../layout.ts";
import { lite03 } from "./lite03.ts";
import { lite04 } from "./lite04.ts";
import { lite05 } from "./lite05.ts";
import { lite06 } from "./lite06.ts";
import { liteVersionOf, liteVersions } from "./mod.ts";
import type { LiteMessages, LiteVersion } from "./version.ts";

/** A message as it stands on the wire and what it says, written by hand from the texts' layouts. */
interface Vector {
  readonly versions: readonly LiteVersion[];
  readonly message: keyof LiteMessages;
  /** The type where the message has one, the length and the body. */
  readonly hex: string;
  readonly value: unknown;
  /** Whether a shorter or longer body is another message too, as a list's is. */
  readonly isOpen?: true;
}

const EARLY = [lite03, lite04];
const BEFORE_06 = [lite03, lite04, lite05];
const LATE = [lite05, lite06];

const names = { broadcast: "demo/room", track: "video" };
const NAMES = "09 64656d6f2f726f6f6d 05 766964656f";
const latest = { kind: "latest" };
const wanted = {
  priority: 60,
  oldestFirst: false,
  maxAge: 1000n,
  start: latest,
  endGroup: undefined,
  startFrame: 0n,
  endFrame: undefined,
};
const info = { priority: 60, oldestFirst: false, maxAge: 1000n, timescale: 0n };
const group = (group: bigint) => ({ kind: "group", group });
const floor = (group: bigint) => ({ kind: "floor", group });

const vectors: readonly Vector[] = [
  { versions: LATE, message: "setup", hex: "01 00", value: { probe: 0 } },
  {
    versions: LATE,
    message: "setup",
    hex: "08 01 02 05 2f64656d6f",
    value: { probe: 0, path: "/demo" },
  },
  {
    versions: [lite05],
    message: "setup",
    hex: "04 01 01 01 02",
    value: { probe: 2 },
  },
  {
    versions: [lite06],
    message: "setup",
    hex: "13 05 01 01 01 02 03 2f3f61 03 01 02 04 01 00 05 02 5000",
    value: { probe: 1, path: "/?a", role: "subscriber", cost: 0n, hop: 4096n },
  },
  {
    versions: [lite03, lite06],
    message: "announceRequest",
    hex: "05 04 64656d6f",
    value: { prefix: "demo", excludeHop: 0n },
  },
  {
    versions: [lite04, lite05],
    message: "announceRequest",
    hex: "06 04 64656d6f 2a",
    value: { prefix: "demo", excludeHop: 42n },
  },
  {
    versions: BEFORE_06,
    message: "subscribe",
    hex: `17 00 ${NAMES} 3c 00 43e8 00 00`,
    value: { id: 0n, ...names, ...wanted },
  },
  {
    versions: BEFORE_06,
    message: "subscribe",
    hex: `16 01 ${NAMES} ff 01 00 08 0a`,
    value: {
      ...wanted,
      ...names,
      id: 1n,
      priority: 255,
      oldestFirst: true,
      maxAge: 0n,
      start: group(7n),
      endGroup: 9n,
    },
  },
  {
    versions: [lite06],
    message: "subscribe",
    hex: `18 00 ${NAMES} 3c 43e8 07 0a 0f 11`,
    value: {
      ...wanted,
      ...names,
      id: 0n,
      start: floor(7n),
      endGroup: 9n,
      startFrame: 15n,
      endFrame: 16n,
    },
  },
  { versions: BEFORE_06, message: "subscribeUpdate", hex: "06 3c 00 43e8 00 00", value: wanted },
  {
    versions: [lite06],
    message: "subscribeUpdate",
    hex: "07 3c 43e8 00 00 00 00",
    value: { ...wanted, start: floor(0n) },
  },
  {
    versions: EARLY,
    message: "subscribeReply",
    hex: "00 06 3c 00 43e8 08 00",
    value: { kind: "ok", info, group: 7n, endGroup: undefined },
  },
  {
    versions: EARLY,
    message: "subscribeReply",
    hex: "00 06 3c 00 43e8 00 0a",
    value: { kind: "ok", info, group: undefined, endGroup: 9n },
  },
  {
    versions: EARLY,
    message: "subscribeReply",
    hex: "01 03 03 04 02",
    value: { kind: "drop", first: 3n, last: 4n, code: 2n },
  },
  {
    versions: LATE,
    message: "subscribeReply",
    hex: "00 01 07",
    value: { kind: "ok", group: 7n },
  },
  {
    versions: LATE,
    message: "subscribeReply",
    hex: "01 01 09",
    value: { kind: "end", group: 9n },
  },
  {
    versions: LATE,
    message: "subscribeReply",
    hex: "02 03 03 04 02",
    value: { kind: "drop", first: 3n, last: 4n, code: 2n },
  },
  { versions: LATE, message: "track", hex: `10 ${NAMES}`, value: names },
  {
    versions: [lite05],
    message: "trackInfo",
    hex: "06 00 01 5388 43e8",
    value: { priority: 0, oldestFirst: true, maxAge: 5000n, timescale: 1000n },
  },
  {
    versions: [lite06],
    message: "trackInfo",
    hex: "05 00 5388 43e8",
    value: { priority: 0, oldestFirst: false, maxAge: 5000n, timescale: 1000n },
  },
  {
    versions: BEFORE_06,
    message: "fetch",
    hex: `12 ${NAMES} 3c 07`,
    value: { ...names, priority: 60, group: 7n, startFrame: 0n, endFrame: undefined },
  },
  {
    versions: [lite06],
    message: "fetch",
    hex: `14 ${NAMES} 3c 07 02 04`,
    value: { ...names, priority: 60, group: 7n, startFrame: 2n, endFrame: 3n },
  },
  {
    versions: [lite03],
    message: "probe",
    hex: "04 801e8480",
    value: { bitrate: 2_000_000n, rtt: 0n },
  },
  {
    versions: [lite04, ...LATE],
    message: "probe",
    hex: "05 801e8480 19",
    value: { bitrate: 2_000_000n, rtt: 25n },
  },
  { versions: [lite04, ...LATE], message: "goaway", hex: "01 00", value: { uri: "" } },
  { versions: [lite04, ...LATE], message: "goaway", hex: "03 02 613a", value: { uri: "a:" } },
  {
    versions: BEFORE_06,
    message: "group",
    hex: "02 00 07",
    value: { subscription: 0n, group: 7n, startFrame: 0n },
  },
  {
    versions: [lite06],
    message: "group",
    hex: "03 00 07 05",
    value: { subscription: 0n, group: 7n, startFrame: 5n },
  },
];

for (const { versions, message, hex, value } of vectors) {
  for (const version of versions) {
    const layout = version.messages[message] as Layout<unknown>;
    const bytes = Uint8Array.fromHex(hex.replaceAll(" ", ""));
    const bodyStart = layout.isTyped ? 2 : 1;
    const type = layout.isTyped ? BigInt(bytes[0]!) : undefined;
    const body = bytes.subarray(bodyStart);

    Deno.test(`${version.protocol}: ${message} ${hex}`, () => {
      assert.equal(layout.encode(value).toHex(), bytes.toHex());
      assert.equal(bytes[bodyStart - 1], body.length);
      const decoded = layout.decode(type, body);
      assert.deepEqual({ ...decoded as object }, value);
    });

    Deno.test(`${version.protocol}: ${message} ${hex}, cut short or with a byte more`, () => {
      for (let length = 0; length < body.length; length++) {
        assert.throws(() => layout.decode(type, body.subarray(0, length)), DecodeError);
      }
      const longer = new Uint8Array(body.length + 1);
      longer.set(body);
      assert.throws(() => layout.decode(type, longer), DecodeError);
    });
  }
}

Deno.test("every message of every version has a vector", () => {
  for (const version of liteVersions) {
    for (const [message, layout] of Object.entries(version.messages)) {
      const has = vectors.some((one) => one.message === message && one.versions.includes(version));
      assert.equal(has, layout !== undefined, `${version.protocol} ${message}`);
    }
  }
});

Deno.test("a version is found by its protocol, and no other protocol finds one", () => {
  for (const version of liteVersions) assert.equal(liteVersionOf(version.protocol), version);
  assert.equal(liteVersionOf("moq-lite-02"), undefined);
  assert.equal(liteVersionOf(undefined), undefined);
});

interface Refused {
  readonly what: string;
  readonly layout: Layout<unknown> | undefined;
  readonly body: string;
  readonly fault?: string;
}

const refused: readonly Refused[] = [
  { what: "a name that is not UTF-8", layout: lite05.messages.track, body: "01 ff 01 61" },
  { what: "a timescale of 0", layout: lite05.messages.trackInfo, body: "00 00 00 00" },
  { what: "a timescale of 0 in 06", layout: lite06.messages.trackInfo, body: "00 00 00" },
  {
    what: "a parameter that comes twice",
    layout: lite06.messages.setup,
    body: "02 07 00 07 00",
    fault: "key_value",
  },
  { what: "more parameters than the limit", layout: lite05.messages.setup, body: "4041" },
  { what: "a path that is not UTF-8", layout: lite05.messages.setup, body: "01 02 01 ff" },
  {
    what: "an integer that does not fill its parameter",
    layout: lite05.messages.setup,
    body: "01 01 02 01 00",
  },
  {
    what: "a last frame without a last group",
    layout: lite06.messages.subscribeUpdate,
    body: "00 00 00 00 00 01",
  },
];

for (const { what, layout, body, fault = "malformed" } of refused) {
  Deno.test(`${layout!.what} with ${what} is refused`, () => {
    const bytes = Uint8Array.fromHex(body.replaceAll(" ", ""));
    assert.throws(
      () => layout!.decode(undefined, bytes),
      (error) => error instanceof DecodeError && error.fault === fault,
    );
  });
}

Deno.test("SETUP skips what it does not know, and a role that it does not know is both", () => {
  const { setup } = lite06.messages;
  const bytes = Uint8Array.fromHex("03401e01ff030107010105");
  assert.deepEqual({ ...setup!.decode(undefined, bytes) }, { probe: 2, role: undefined });
  assert.deepEqual({ ...lite05.messages.setup!.decode(undefined, bytes) }, { probe: 2 });
});

Deno.test("a hop id of 0 in SETUP names nobody", () => {
  const setup = lite06.messages.setup!.decode(undefined, Uint8Array.fromHex("01050100"));
  assert.equal(setup.hop, undefined);
});

Deno.test("an answer of a type that the version does not have is refused", () => {
  for (const version of EARLY) {
    const { subscribeReply } = version.messages;
    assert.throws(() => subscribeReply.decode(2n, Uint8Array.of(3, 4, 2)), DecodeError);
    assert.throws(() => subscribeReply.encode({ kind: "end", group: 1n }), EncodeError);
    assert.throws(() => subscribeReply.encode({ kind: "ok", group: 1n }), EncodeError);
  }
  const { subscribeReply } = lite06.messages;
  assert.throws(() => subscribeReply.decode(3n, Uint8Array.of(0)), DecodeError);
  assert.throws(() => subscribeReply.encode({ kind: "ok", group: undefined }), EncodeError);
});

Deno.test("names and messages above their limits are not written", () => {
  const track = lite05.messages.track!;
  assert.throws(() => track.encode({ broadcast: "a".repeat(4097), track: "" }), EncodeError);
  assert.throws(() => lite05.messages.goaway!.encode({ uri: "a".repeat(8193) }), EncodeError);
  assert.throws(
    () => lite05.messages.setup!.encode({ probe: 0, path: "a".repeat(8193) }),
    EncodeError,
  );
});

Deno.test("what a peer refused a request with has the name that it is refused with here", () => {
  assert.equal(lite05.refusalOf(13), "does_not_exist");
  assert.equal(lite05.refusalOf(6), "unauthorized");
  assert.equal(lite05.refusalOf(30), "does_not_exist");
  assert.equal(lite05.refusalOf(999), "unknown");
  assert.equal(lite06.refusalOf(0x33), "does_not_exist");
  assert.equal(lite06.refusalOf(0x30), "excessive_load");
  assert.equal(lite06.refusalOf(0x20), "unknown");
  assert.equal(lite06.streamCodes.cancelled, 1);
  assert.equal(lite05.streamCodes.cancelled, 0);
});
