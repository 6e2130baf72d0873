import assert from "node:assert/strict";
import { lineOf, scanSource } from "./source.ts";

function texts(source: string): string[] {
  return scanSource(source).literals.map((literal) => literal.text);
}

Deno.test("scanSource() blanks comments and keeps every offset", () => {
  const source = 'a(); // Deno.exit("x")\n/* setTimeout */ b();\n';
  const { code, literals } = scanSource(source);
  assert.equal(code, `a(); ${" ".repeat(17)}\n${" ".repeat(16)} b();\n`);
  assert.equal(code.length, source.length);
  assert.deepEqual(literals, []);
});

Deno.test("scanSource() reads literals of all three quotes, escapes included", () => {
  assert.deepEqual(texts(`f("a\\"b", 'c\\'', \`d\\\`e\`, "")`), ['a\\"b', "c\\'", "d\\`e", ""]);
});

Deno.test("scanSource() takes the holes of a template for code, however deep", () => {
  const source = "x = `a ${f({ k: `b ${Deno.pid} c` })} d`; y";
  const { code, literals } = scanSource(source);
  assert.deepEqual(literals.map((literal) => literal.text), ["a ${} d", "b ${} c"]);
  assert.ok(code.includes("Deno.pid"));
  assert.ok(code.includes("f({ k: `"));
  assert.ok(code.endsWith("`; y"));
  assert.ok(!/[acd]\b/.test(code.replace("Deno.pid", "")));
});

Deno.test("scanSource() tells a regular expression from a division", () => {
  assert.deepEqual(texts(`const quote = /["'/*]/g; f("one")`), ["one"]);
  assert.deepEqual(texts(`return /[/"]/.test("two")`), ["two"]);
  assert.deepEqual(texts(`const half = total / 2; f("three" /* " */) / g("four")`), [
    "three",
    "four",
  ]);
});

Deno.test("scanSource() ends on an unfinished comment, string, template or expression", () => {
  for (const tail of ["/* a", '"a', "`a", "`a ${b", "= /a", '"a\\', "`a\\"]) {
    const source = `ok(); ${tail}`;
    assert.equal(scanSource(source).code.length, source.length, tail);
  }
});

Deno.test("lineOf() counts from one", () => {
  assert.deepEqual([0, 1, 2, 3, 4].map((offset) => lineOf("a\nb\nc", offset)), [1, 1, 2, 2, 3]);
});
