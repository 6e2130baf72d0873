import assert from "node:assert/strict";
import { decodeFieldSection } from "./qpack/field_section.ts";
import type { Field } from "./qpack/static_table.ts";
import {
  collectFields,
  encodeRefusal,
  encodeRequest,
  encodeWelcome,
  judgeRequest,
  quote,
} from "./request.ts";

const GOOD: readonly Field[] = [
  [":method", "CONNECT"],
  [":protocol", "webtransport"],
  [":scheme", "https"],
  [":authority", "relay.example:4433"],
  [":path", "/room?a=1"],
  ["wt-available-protocols", '"moqt-16", "moqt-18"'],
  ["origin", "https://page.example"],
];
const POLICY = { protocols: ["moqt-18", "moqt-16"], allowOrigin: () => true };

Deno.test("judgeRequest() picks the protocol that the client likes best of ours", () => {
  const judged = judgeRequest(GOOD, POLICY);
  assert(judged.ok);
  assert.equal(judged.value.protocol, "moqt-16");
  assert.deepEqual(judged.value.request, {
    authority: "relay.example:4433",
    path: "/room?a=1",
    origin: "https://page.example",
    protocols: ["moqt-16", "moqt-18"],
  });
});

Deno.test("judgeRequest() takes WebTransport by both of its names", () => {
  for (const name of ["webtransport", "webtransport-h3"]) {
    assert(judgeRequest(put(":protocol", name), POLICY).ok, name);
  }
});

Deno.test("judgeRequest() reads a list that comes in several fields", () => {
  const split = [...without("wt-available-protocols"), ...LINES];
  const judged = judgeRequest(split, { ...POLICY, protocols: ["b"] });
  assert(judged.ok);
  assert.deepEqual(judged.value.request.protocols, ["a", "b"]);
});
const LINES: Field[] = [["wt-available-protocols", '"a"'], ["wt-available-protocols", '"b"']];

const REFUSED: readonly (readonly [title: string, Field[], status: number, reason: RegExp])[] = [
  ["no fields", [], 400, /no method/],
  ["no method", without(":method"), 400, /no method/],
  ["GET", put(":method", "GET"), 405, /the method "GET" is not CONNECT/],
  ["a plain tunnel", without(":protocol"), 501, /for "a tunnel"/],
  ["websocket", put(":protocol", "websocket"), 501, /for "websocket"/],
  ["http", put(":scheme", "http"), 400, /scheme/],
  ["no scheme", without(":scheme"), 400, /scheme/],
  ["no authority", without(":authority"), 400, /authority/],
  ["an authority with a space", put(":authority", "a b"), 400, /authority/],
  ["no path", without(":path"), 400, /path/],
  ["an empty path", put(":path", ""), 400, /path/],
  ["a path without a slash", put(":path", "room"), 400, /path/],
  ["an unknown pseudo-field", [[":status", "200"], ...GOOD], 400, /":status"/],
  ["a pseudo-field twice", [...GOOD.slice(0, 1), ...GOOD], 400, /malformed/],
  ["a pseudo-field too late", [...GOOD.slice(1), ...GOOD.slice(0, 1)], 400, /malformed/],
  ["a name in capitals", [...GOOD, ["Origin", "x"]], 400, /malformed/],
  ["a line end in a value", [...GOOD, ["x", "a\nb"]], 400, /malformed/],
  ["tokens", put("wt-available-protocols", "moqt-18"), 400, /list of protocols is malformed/],
  ["other protocols", put("wt-available-protocols", '"h9"'), 400, /no common protocol: .*"h9"/],
  ["too many", put("wt-available-protocols", '"a",'.repeat(99) + '"b"'), 400, /100 protocols/],
];

for (const [title, fields, status, reason] of REFUSED) {
  Deno.test(`judgeRequest() refuses ${title} with ${status}`, () => {
    const judged = judgeRequest(fields, POLICY);
    assert(!judged.ok);
    assert.equal(judged.refusal.status, status);
    assert.match(judged.refusal.reason, reason);
  });
}

Deno.test("judgeRequest() asks about the origin, also when there is none", () => {
  const asked: (string | undefined)[] = [];
  const policy = {
    ...POLICY,
    allowOrigin: (origin: string | undefined) => asked.push(origin) === 0,
  };
  for (const fields of [GOOD, without("origin")]) {
    const judged = judgeRequest(fields, policy);
    assert(!judged.ok);
    assert.equal(judged.refusal.status, 403);
    assert.match(judged.refusal.reason, /^the origin "(https:\/\/page\.example|\(none\))" is not/);
  }
  assert.deepEqual(asked, ["https://page.example", undefined]);
});

Deno.test("a reason stays one short line whatever the client said", () => {
  const judged = judgeRequest(put("wt-available-protocols", "\t".repeat(1000)), POLICY);
  assert(!judged.ok);
  assert.doesNotMatch(judged.refusal.reason, /[\n\t]/);
  assert(quote("x".repeat(9999)).length <= 202);
});

Deno.test("encodeRequest() writes what judgeRequest() takes", () => {
  const request = { authority: "a:1", path: "/?q", origin: undefined, protocols: ["moqt-18"] };
  const judged = judgeRequest(fieldsOf(encodeRequest(request)), POLICY);
  assert.deepEqual(judged, { ok: true, value: { request, protocol: "moqt-18" } });
});

Deno.test("encodeWelcome() says yes, with the protocol where there is one", () => {
  const yes: Field[] = [[":status", "200"], ["sec-webtransport-http3-draft", "draft02"]];
  assert.deepEqual(fieldsOf(encodeWelcome("moqt-18")), [...yes, ["wt-protocol", '"moqt-18"']]);
  assert.deepEqual(fieldsOf(encodeWelcome(undefined)), yes);
});

Deno.test("encodeRefusal() says no, and why in the body", () => {
  for (const status of [400, 403, 429, 501]) {
    const answer = encodeRefusal({ status, reason: "it is closed" });
    const body = new TextEncoder().encode("it is closed\n");
    const head = answer.subarray(0, answer.length - body.length - 2);
    assert.deepEqual(fieldsOf(head)[0], [":status", String(status)]);
    assert.deepEqual(answer.subarray(head.length), Uint8Array.of(0, body.length, ...body));
  }
});

Deno.test("judgeRequest() lets in who offers no protocol: its first bytes will tell", () => {
  for (const fields of [without("wt-available-protocols"), put("wt-available-protocols", "")]) {
    const judged = judgeRequest(fields, POLICY);
    assert(judged.ok);
    assert.equal(judged.value.protocol, undefined);
    assert.deepEqual(judged.value.request.protocols, []);
  }
});

Deno.test("collectFields() joins what comes twice", () => {
  assert.deepEqual(
    collectFields([["a", "1"], ["b", ""], ["a", "2"]]),
    new Map([["a", "1, 2"], ["b", ""]]),
  );
});

function without(name: string): Field[] {
  return GOOD.filter((field) => field[0] !== name);
}

function put(name: string, value: string): Field[] {
  return GOOD.map((field) => field[0] === name ? [name, value] : field);
}

/** The fields of a HEADERS frame whose length takes one or two bytes. */
function fieldsOf(frame: Uint8Array): Field[] {
  assert.equal(frame[0], 1);
  return decodeFieldSection(frame.subarray(frame[1]! < 0x40 ? 2 : 3));
}
