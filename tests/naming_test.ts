import assert from "node:assert/strict";
import { findMisnamedFiles, findReplacedWords } from "./support/source/naming.ts";
import { readProjectFiles } from "./support/source/project_files.ts";

Deno.test("names and comments use the field's terms", async () => {
  assert.deepEqual(findReplacedWords(await readProjectFiles()), []);
});

Deno.test("a file is named after what it exports", async () => {
  assert.deepEqual(findMisnamedFiles(await readProjectFiles()), []);
});

Deno.test("findReplacedWords() sees words within names, in comments and in the plural", () => {
  const files = {
    "relay/a.ts": "const peerBurden = 1;\n// A departure.\nlet isDoubted = false;",
    "relay/d.ts": "// It is under way.\nconst ONE_WAY = 1;\n// Wishes: another way.",
    "sdn/b.ts": "class Undoubtedly {}",
    "tests/c.ts": "const burden = 1;",
  };
  const found = findReplacedWords(new Map(Object.entries(files)));
  assert.deepEqual(found.map((line) => line.split(": ")[0]), [
    "relay/a.ts:1 burden",
    "relay/a.ts:2 departure",
    "relay/a.ts:3 doubt",
    "relay/d.ts:3 way",
    "relay/d.ts:3 wish",
  ]);
});

Deno.test("findMisnamedFiles() compares the name of a file that has classes with all of its exports", () => {
  const files = {
    "relay/peer_quota.ts": "export class PeerQuota {}",
    "relay/streams.ts": "export interface Owner {}\nexport class QuicSendStream {}",
    "relay/h3/codes.ts": "export class Http3Code {}",
    "relay/send_window.ts": "export class Room {}",
    "relay/types.ts": "export class StoreConflict {}",
    "relay/join.ts": "export function parse() {}",
    "relay/session.ts": "export interface SessionParts {}\nexport class WebTransportConnection {}",
  };
  assert.deepEqual(findMisnamedFiles(new Map(Object.entries(files))), [
    "relay/send_window.ts Room",
  ]);
});
