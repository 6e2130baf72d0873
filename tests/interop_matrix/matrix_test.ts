import assert from "node:assert/strict";
import { protocols } from "../../relay/session/negotiate.ts";
import { INEXPRESSIBLE } from "../../relay/vocabulary/mod.ts";
import { unspoken } from "./clients.ts";
import { CHECKS, type Ends } from "./checks.ts";
import type { Abilities } from "./client.ts";
import { explainedIn, isExplained, readDialectsPage, tableBelow } from "./explained.ts";
import { failureLines, runMatrix } from "./matrix.ts";
import { matrixText } from "./report.ts";

// The newest and the oldest of each kind: the whole matrix takes minutes.
const FEW = protocols.filter((protocol, at) => {
  const kind = (name: string | undefined) => name?.replace(/\d+$/, "");
  return kind(protocols[at - 1]) !== kind(protocol) || kind(protocols[at + 1]) !== kind(protocol);
});

Deno.test("publishers of the outermost dialects serve viewers of their own and of the next", async () => {
  const explained = explainedIn(await readDialectsPage());
  const results = await runMatrix({ dialects: FEW, transports: ["quic"], isRing: true });
  assert.ok(results.length > 0);
  const lines = results.flatMap((cell) => failureLines(cell, explained));
  assert.deepEqual(lines, [], matrixText(results));
});

Deno.test("publishers serve viewers of other dialects at another relay", async () => {
  const explained = explainedIn(await readDialectsPage());
  const options = { dialects: [FEW[0]!, FEW.at(-1)!], isMesh: true, isRing: true };
  const results = await runMatrix({ ...options, transports: ["quic"] });
  const lines = results.flatMap((cell) => failureLines(cell, explained));
  assert.deepEqual(lines, [], matrixText(results));
});

Deno.test("every dialect that the relay speaks has a client in the matrix", () => {
  assert.deepEqual(unspoken(), []);
});

Deno.test("the table of what cannot be said has everything that is counted, and nothing else", async () => {
  const rows = tableBelow(await readDialectsPage(), "what", "to whom", "what happens");
  const counted = rows.flatMap(([, , , counted = ""]) =>
    [...counted.matchAll(/`(\w+)`/g)].map(([, word]) => word!)
  );
  assert.deepEqual([...new Set(counted)].sort(), [...INEXPRESSIBLE].sort());
});

Deno.test("the table of what cannot be said names the checks that are not run, and why", async () => {
  const rows = tableBelow(await readDialectsPage(), "what", "to whom", "what happens");
  const named = rows.map((row) => /`([\w-]+)`/.exec(row[4] ?? "")?.[1]);
  const none: Abilities = { subgroups: "none", fetch: false, trackEnd: false };
  const ends = { publisher: none, viewer: none } as Ends;
  const unsayable = CHECKS.map((check) => check.unsayable?.(ends));
  assert.deepEqual(new Set(named), new Set(unsayable));
});

Deno.test("the README lists the dialects that are spoken, and how many clients prove each", async () => {
  const page = await Deno.readTextFile(new URL("../../README.md", import.meta.url));
  const rows = tableBelow(page, "dialect", "token", "independent clients");
  assert.deepEqual(rows.map(([, token = ""]) => token.replaceAll("`", "")), protocols);
  for (const [dialect, , clients = ""] of rows) {
    const [count = "", names = ""] = clients.split(": ");
    const found = names === "" ? [] : names.split(", ");
    assert.equal(count, found.length === 0 ? "none" : String(found.length), dialect);
  }
});

Deno.test("a failure is explained by a row that fits its cell, or stands for every one", () => {
  const page =
    "| publisher | viewer | transport | check | why |\n| --- | --- | --- | --- | --- |\n" +
    "| moq-lite-03 | any | quic | late join | so |\n";
  const explained = explainedIn(page);
  const cell = (publisher: string, transport: string) =>
    ({ publisher: { protocol: publisher }, viewer: { protocol: "moqt-18" }, transport }) as never;
  assert.equal(isExplained(cell("moq-lite-03", "quic"), "late join", explained), true);
  assert.equal(isExplained(cell("moq-lite-03", "quic"), "live", explained), false);
  assert.equal(isExplained(cell("moq-lite-03", "webtransport"), "late join", explained), false);
  assert.equal(isExplained(cell("moq-lite-04", "quic"), "late join", explained), false);
});
