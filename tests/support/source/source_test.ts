import assert from "node:assert/strict";
import { scanSource } from "./source.ts";

function texts(source: string): string[] {
  return scanSource(source).literals.map((literal) => literal.text);
}

Deno.test("scanSource() blanks comments and keeps every offset", () => {
  const source = 'a(); // Deno.exit("x")\n/* setTimeout */ b();\n';
  const { code, literals } = scanSource(source);
  assert.equal(code, `a(); ${" ".repeat(17)}\n${" ".repeat(16)} b();\n`);
  assert.deepEqual(literals, []);
});

Deno.test("scanSource() reads literals of all three quotes, escapes included, and no expressions", () => {
  assert.deepEqual(texts(`f("a\\"b", 'c\\'', \`d\\\`e\`, "")`), ['a\\"b', "c\\'", "d\\`e", ""]);
  assert.deepEqual(texts(`return /[/"]/.test("two") / '' / 2`), ["two", ""]);
});

Deno.test("scanSource() takes the holes of a template for code, however deep", () => {
  const source = "x = `a ${f({ k: `b ${Deno.pid} c` })} d`; y";
  const { code, literals } = scanSource(source);
  assert.deepEqual(literals.map((literal) => literal.text), ["a ${f({ k: ", "b ${Deno.pid} c"]);
  assert.ok(code.includes("f({ k: `") && code.includes("Deno.pid") && code.endsWith("`; y"));
  assert.ok(!/[acd]\b/.test(code.replace("Deno.pid", "")));
});
