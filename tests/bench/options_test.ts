import assert from "node:assert/strict";
import { CASE_NAMES, casesNamed } from "./cases.ts";
import { parseOptions } from "./options.ts";

Deno.test("parseOptions() measures every case for ten seconds unless told otherwise", () => {
  const options = parseOptions([]);
  assert.ok(options.ok);
  assert.equal(options.value.seconds, 10);
  assert.equal(casesNamed(options.value.caseName, options.value.quick).length, CASE_NAMES.length);
  const quick = parseOptions(["--quick"]);
  assert.ok(quick.ok && quick.value.seconds === 3);
  assert.ok(casesNamed(undefined, true).length < CASE_NAMES.length);
});

Deno.test("parseOptions() measures the controller when asked to", () => {
  const options = parseOptions(["--sdn", "--seconds", "2"]);
  assert.ok(options.ok && options.value.sdn && options.value.seconds === 2);
  const many = parseOptions(["--sdn", "--size", "300"]);
  assert.ok(many.ok && many.value.size === 300);
});

Deno.test("parseOptions() measures the mesh when asked to, with as many kills as asked for", () => {
  const options = parseOptions(["--mesh"]);
  assert.ok(options.ok && options.value.mesh && options.value.kills === 50);
  const few = parseOptions(["--mesh", "--kills", "3"]);
  assert.ok(few.ok && few.value.kills === 3);
});

Deno.test("parseOptions() measures sessions with tokens when asked to, and nothing else then", () => {
  const options = parseOptions(["--access", "--quick"]);
  assert.ok(options.ok && options.value.access && options.value.seconds === 3);
  assert.equal(parseOptions(["--access", "--mesh"]).ok, false);
});

Deno.test("parseOptions() measures members of a machine when asked to, and nothing else then", () => {
  const options = parseOptions(["--members", "--seconds", "6"]);
  assert.ok(options.ok && options.value.members && options.value.seconds === 6);
  assert.equal(parseOptions(["--members", "--sdn"]).ok, false);
});

Deno.test("parseOptions() measures media when asked to, and nothing else then", () => {
  const options = parseOptions(["--media", "--seconds", "6"]);
  assert.ok(options.ok && options.value.media && options.value.seconds === 6);
  assert.equal(parseOptions(["--media", "--case", "idle-500"]).ok, false);
});

Deno.test("parseOptions() measures starts when asked to, and nothing else then", () => {
  const options = parseOptions(["--start"]);
  assert.ok(options.ok && options.value.start);
  assert.equal(parseOptions(["--start", "--quick"]).ok, false);
});

Deno.test("parseOptions() measures revocations when asked to, as often as asked for", () => {
  const options = parseOptions(["--revocations"]);
  assert.ok(options.ok && options.value.revocations && options.value.rounds === 50);
  const few = parseOptions(["--revocations", "--rounds", "3"]);
  assert.ok(few.ok && few.value.rounds === 3);
});

Deno.test("parseOptions() refuses what it does not know", () => {
  for (
    const args of [
      ["--cases", "x"],
      ["--case", "x"],
      ["--seconds", "0"],
      ["--seconds", "1e9"],
      ["--sdn", "--profile"],
      ["--sdn", "--json", "x"],
      ["--mesh", "--sdn"],
      ["--mesh", "--case", "idle-500"],
      ["--mesh", "--kills", "0"],
      ["--kills", "3"],
      ["--rounds", "3"],
      ["--revocations", "--mesh"],
      ["--revocations", "--seconds", "3"],
      ["--revocations", "--rounds", "0"],
      ["--size", "100"],
      ["--sdn", "--size", "0"],
      ["--sdn", "--announces", "100"],
      ["--sdn", "--size", "10", "--announces", "5"],
    ]
  ) {
    assert.equal(parseOptions(args).ok, false, args.join(" "));
  }
});

Deno.test("casesNamed() finds a case by its name, also a long one", () => {
  for (const name of CASE_NAMES) {
    assert.deepEqual(casesNamed(name, true).map((found) => found.name), [name]);
  }
});
