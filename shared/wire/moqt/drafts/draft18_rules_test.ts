import assert from "node:assert/strict";
import { DecodeError, EncodeError } from "../../errors.ts";
import { vi64 } from "../../varint.ts";
import { controlCodec } from "../control/codec.ts";
import type { ControlMessage } from "../model/messages.ts";
import type { Parameters } from "../model/parameters.ts";
import { outOfScope } from "../model/parameter_rules.ts";
import { u16Length } from "../control/length.ts";
import { messageTable, parameterRules } from "./draft18_messages.ts";

type Kind = keyof typeof messageTable;

const codec = controlCodec(messageTable, vi64, u16Length);

function decode(kind: Kind, hex: string): ControlMessage {
  return codec.decode(messageTable[kind].type, Uint8Array.fromHex(hex.replaceAll(" ", "")));
}

function accepts(kind: Kind, hex: string): void {
  assert.equal(decode(kind, hex).kind, kind);
}

function refuses(kind: Kind, hex: string): void {
  assert.throws(() => decode(kind, hex), DecodeError, `${kind} ${hex.slice(0, 40)}`);
}

Deno.test("PUBLISH_OK in its old spelling is a REQUEST_OK, which is never sent so", () => {
  const body = Uint8Array.of(1, 0x10, 1);
  const message = codec.decode(0x1en, body);
  assert.deepEqual(message, {
    kind: "requestOk",
    parameters: { forward: true },
    properties: new Uint8Array(0),
  });
  assert.equal(codec.encode(message)[0], 0x07);
});

// Where a name is within a value; those that are fields are in the rules of every draft. What stands
// before it and behind it in the message.
const namespaces: readonly (readonly [Kind, string, string])[] = [
  ["requestUpdate", "00 01 34", ""],
];
const tracks: readonly (readonly [Kind, string, string])[] = [
  ["fetch", "00 01", "00 00 01 00 00"],
  ["requestError", "34 00 00 00", ""],
];
const NAMELESS = tracks.map(([kind, before, after]) => [kind, before, `00 ${after}`] as const);

for (const [kind, before, after] of [...namespaces, ...NAMELESS]) {
  const within = (namespace: string) => `${before} ${namespace} ${after}`;
  Deno.test(`R-031: ${kind}: 32 fields are the most, and none is empty`, () => {
    accepts(kind, within("00"));
    accepts(kind, within(`20 ${"0161".repeat(32)}`));
    refuses(kind, within(`21 ${"0161".repeat(33)}`));
    refuses(kind, within("01 00"));
    refuses(kind, within("02 0161 00"));
    refuses(kind, within("ff ffffffffffffffff"));
  });

  Deno.test(`R-031: ${kind}: 4096 bytes of namespace are the most`, () => {
    accepts(kind, within(`01 9000 ${"61".repeat(4096)}`));
    accepts(kind, within(`02 0161 8fff ${"61".repeat(4095)}`));
    refuses(kind, within(`01 9001 ${"61".repeat(4097)}`));
    refuses(kind, within(`02 0161 9000 ${"61".repeat(4096)}`));
    refuses(kind, within("01 ff ffffffffffffffff"));
  });
}

for (const [kind, before, after] of tracks) {
  Deno.test(`R-031: ${kind}: 4096 bytes of namespace and name are the most`, () => {
    accepts(kind, `${before} 00 9000 ${"61".repeat(4096)} ${after}`);
    refuses(kind, `${before} 00 9001 ${"61".repeat(4097)} ${after}`);
    accepts(kind, `${before} 01 0161 8fff ${"61".repeat(4095)} ${after}`);
    refuses(kind, `${before} 01 0161 9000 ${"61".repeat(4096)} ${after}`);
    refuses(kind, `${before} 00 ff ffffffffffffffff ${after}`);
  });
}

Deno.test("R-032: a fetch is standalone or joins, relative or absolute", () => {
  for (const type of ["00", "04", "0f", "ff ffffffffffffffff"]) {
    refuses("fetch", `00 ${type} 00 00 00`);
    refuses("fetch", `00 ${type} 01 0161 0176 00 00 01 00 00`);
  }
});

Deno.test("R-032: a forwarding state, an order and a filter that do not exist are refused", () => {
  refuses("subscribe", "00 00 00 01 10 02");
  refuses("publish", "00 00 00 00 01 10 02");
  refuses("subscribeTracks", "00 00 01 10 02");
  refuses("requestUpdate", "00 01 10 02");
  refuses("requestOk", "01 10 02");
  refuses("subscribe", "00 00 00 01 22 00");
  refuses("fetch", "00 02 00 00 01 22 03");
  refuses("requestOk", "01 22 00");
  refuses("subscribe", "00 00 00 01 21 01 05");
  refuses("requestUpdate", "00 01 21 01 00");
  refuses("requestOk", "01 21 01 00");
});

Deno.test("the end of track in a FETCH_OK is 0 or 1", () => {
  refuses("fetchOk", "02 00 00 00");
  refuses("fetchOk", "ff 00 00 00");
});

Deno.test("R-030: a reason above 1024 bytes is refused in a refusal too", () => {
  accepts("requestError", `00 00 8400 ${"61".repeat(1024)}`);
  refuses("requestError", `00 00 8401 ${"61".repeat(1025)}`);
});

Deno.test("a URI above 8192 bytes is refused wherever it stands", () => {
  refuses("goaway", `a001 ${"61".repeat(8193)} 00 00`);
  accepts("requestError", `34 00 00 a000 ${"61".repeat(8192)} 00 00`);
  refuses("requestError", `34 00 00 a001 ${"61".repeat(8193)} 00 00`);
});

Deno.test("non-minimal integers are accepted", () => {
  assert.deepEqual(
    decode("subscribe", "8000 c00001 8001 61 e0000001 76 f800000000 01 fc000000000010 01"),
    {
      kind: "subscribe",
      requestId: 0n,
      track: { namespace: [Uint8Array.of(0x61)], name: Uint8Array.of(0x76) },
      parameters: { forward: true },
    },
  );
});

Deno.test("outOfScope() names the first parameter that an answer or update may not carry", () => {
  const found: Parameters = { expires: 1n, forward: true };
  assert.equal(outOfScope({}, []), undefined);
  assert.equal(outOfScope(found, parameterRules.ok.publish), undefined);
  assert.equal(outOfScope(found, parameterRules.ok.requestUpdate), "forward");
  assert.equal(outOfScope(found, parameterRules.ok.publishNamespace), "expires");
  assert.equal(
    outOfScope({ namespacePrefix: [] }, parameterRules.update.subscription),
    "namespacePrefix",
  );
  assert.equal(
    outOfScope({ namespacePrefix: [] }, parameterRules.update.subscribeNamespace),
    undefined,
  );
});

Deno.test("a message of 65535 bytes is the longest that is sent", () => {
  const fits: ControlMessage = {
    kind: "subscribeOk",
    alias: 0n,
    parameters: {},
    properties: new Uint8Array(65_533),
  };
  assert.deepEqual(codec.encode(fits).subarray(0, 3), Uint8Array.of(0x04, 0xff, 0xff));
  const tooLong = { ...fits, properties: new Uint8Array(65_534) };
  assert.throws(() => codec.encode(tooLong), EncodeError);
});
