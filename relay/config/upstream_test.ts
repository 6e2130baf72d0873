import assert from "node:assert/strict";
import { parseUpstream } from "./upstream.ts";

const HASH = "6a".repeat(32);
const URL = "moqt://origin:4433";

for (
  const [text, certificateSha256, protocols, name, tokenFile] of [
    [URL, undefined, undefined],
    [`${URL}#sha256=${HASH.toUpperCase()}`, HASH, undefined],
    [`${URL}#protocols=moqt-20`, undefined, ["moqt-20"]],
    [`${URL}#protocols=moq-lite-06`, undefined, ["moq-lite-06"]],
    [`${URL}#protocols=moqt-20+moqt-18`, undefined, ["moqt-20", "moqt-18"]],
    [`${URL}#sha256=${HASH}&protocols=moqt-22`, HASH, ["moqt-22"]],
    [`${URL}#protocols=moqt-22&sha256=${HASH}`, HASH, ["moqt-22"]],
    [`${URL}#name=paris&sha256=${HASH}`, HASH, undefined, "paris"],
    [`${URL}#token_file=/etc/a.jwt`, undefined, undefined, undefined, "/etc/a.jwt"],
  ] as const
) {
  Deno.test(`an origin: ${text.replace(HASH, "hash")}`, () => {
    const origin = { url: URL, certificateSha256, protocols, name, tokenFile };
    assert.deepEqual(parseUpstream(text), origin);
  });
}

for (
  const text of [
    "#",
    "#sha256=12",
    "#protocols=",
    "#protocols=moqt-16",
    "#protocols=moq-lite-02",
    "#protocols=moqt-18+moqt-18",
    "#protocols=moqt-18&protocols=moqt-20",
    "#protocols=moqt-18&",
    "#other=1",
    "#name=..",
    "#token_file=",
    "#name=paris&token_file=/etc/a.jwt",
    "#protocols=moqt-18#protocols=moqt-20",
  ]
) {
  Deno.test(`no origin: ${text}`, () => {
    assert.equal(parseUpstream(URL + text), undefined);
  });
}
