import assert from "node:assert/strict";
import { type Log, type LogLevel, openLog } from "./log.ts";
import { memoryLog } from "../../tests/support/worlds/memory_log.ts";

function capture(format: "human" | "json", level: LogLevel = "debug") {
  const lines: string[] = [];
  const log: Log = openLog({ level, format, write: (line) => lines.push(line) });
  return { log, lines };
}

/** The line without its time, which no test can know. */
function timeless(line: string | undefined): string {
  assert.match(line ?? "", /^\d\d:\d\d:\d\d\.\d{3} /);
  return line!.slice(13);
}

Deno.test("openLog() writes a line to read, fields last", () => {
  const { log, lines } = capture("human");
  log.info("session ended", {
    session: 7,
    reason: "peer left",
    peer: "[::1]:4433",
    gone: undefined,
  });
  assert.equal(
    timeless(lines[0]),
    'INFO  session ended session=7 reason="peer left" peer="[::1]:4433"\n',
  );
});

Deno.test("openLog() writes one JSON object a line", () => {
  const { log, lines } = capture("json");
  log.warn("session ended", {
    session: 7n,
    ok: true,
    error: new Error("no\nway"),
    missing: undefined,
  });
  assert.ok(lines[0]!.endsWith("}\n"));
  const { time, ...rest } = JSON.parse(lines[0]!);
  assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assert.deepEqual(rest, {
    level: "warn",
    message: "session ended",
    session: "7",
    ok: true,
    error: "no\\u000away",
  });
});

Deno.test("openLog() keeps a field from replacing the time, level or message", () => {
  const { log, lines } = capture("json");
  log.error("real", { message: "fake", level: "fake", time: "fake" });
  const line = JSON.parse(lines[0]!);
  assert.deepEqual([line.message, line.level, line.time === "fake"], ["real", "error", false]);
});

Deno.test("openLog() makes what a peer says harmless, in both forms", () => {
  const hostile = "\u001b[2J\nINFO fake\u202e" + "x".repeat(5000);
  for (const format of ["human", "json"] as const) {
    const { log, lines } = capture(format);
    log.info("session ended", { reason: hostile });
    assert.equal(lines.length, 1);
    assert.ok(lines[0]!.length < 1300);
    assert.doesNotMatch(lines[0]!.slice(0, -1), /[\p{Cc}\p{Bidi_Control}]/u);
  }
});

Deno.test("openLog() takes braces in a message for what they are", () => {
  const { log, lines } = capture("human");
  log.info("write {mode: open}, {a}", { a: 1 });
  assert.equal(timeless(lines[0]), "INFO  write {mode: open}, {a} a=1\n");
});

Deno.test("openLog() leaves out what is below the level", () => {
  const { log, lines } = capture("human", "warn");
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
  assert.deepEqual(lines.map(timeless), ["WARN  c\n", "ERROR d\n"]);
});

Deno.test("Log.with() adds its fields to every line, nested ones too", () => {
  const { log, lines } = capture("human");
  log.with({ session: 1 }).with({ track: "a/b" }).info("x", { n: 2 });
  assert.equal(timeless(lines[0]), "INFO  x session=1 track=a/b n=2\n");
});

Deno.test("memoryLog() keeps what was said", () => {
  const { log, lines } = memoryLog();
  log.with({ session: 1 }).warn("late", { by: 3 });
  assert.deepEqual(lines, [{ text: "warn: late", fields: { session: 1, by: 3 } }]);
});
