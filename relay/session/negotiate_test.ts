import assert from "node:assert/strict";
import { linkProtocols, listedProtocols, protocols } from "./negotiate.ts";

Deno.test("every protocol is offered by default, drafts of the IETF first and of them the newest", () => {
  assert.deepEqual(listedProtocols(["auto"]), protocols);
  const drafts = protocols.filter((protocol) => /^moqt-\d+$/.test(protocol));
  assert.deepEqual(drafts, drafts.toSorted().reverse());
  const others = protocols.findIndex((protocol) => protocol.startsWith("moq-lite"));
  assert.ok(others < 0 || others >= drafts.length);
});

Deno.test("a list orders protocols, and leaves out what it does not name", () => {
  assert.deepEqual(listedProtocols(["moqt-18"]), ["moqt-18"]);
  const others = protocols.filter((protocol) => protocol !== "moqt-18");
  assert.deepEqual(listedProtocols(["auto", "moqt-18"]), [...others, "moqt-18"]);
  assert.deepEqual(listedProtocols(["moqt-18", "auto"]), ["moqt-18", ...others]);
});

Deno.test("links between relays offer the draft first that has the mesh's parameters", () => {
  assert.equal(linkProtocols[0], "moqt-18");
});
