/** Every command of every document is run here, or says why it cannot be, or which test runs it. */
import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";
import {
  blocksOf,
  type Document,
  markOf,
  readDocuments,
  stepsOf,
} from "../support/documents/document.ts";
import { Performance } from "../support/documents/performance.ts";
import { ROOT } from "../support/root.ts";

const documents = await readDocuments();
const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
const hasCurl = await new Deno.Command("curl", { args: ["--version"], stdout: "null" }).output()
  .then(({ success }) => success, () => false);

Deno.test("every block of commands says how it is tested", () => {
  for (const block of commandsOf(documents)) markOf(block);
});

Deno.test("commands are in blocks of sh, and other blocks are YAML or text", () => {
  for (const { place, language, lines } of documents.flatMap(({ blocks }) => blocks)) {
    assert.match(language, /^(?:sh|yaml|text)$/, place);
    const prompt = lines.find((line) => line.startsWith("$ "));
    assert.ok(language !== "text" || prompt === undefined, `${place}: ${prompt}`);
  }
});

Deno.test("a block that says nothing of its test is refused, and so is an empty reason", () => {
  for (const above of ["", "<!-- run it -->", "<!-- not run: no -->", "<!-- tested -->"]) {
    const [block] = blocksOf("a.md", `text\n\n${above}\n\n\`\`\`sh\ndeno task demo\n\`\`\`\n`);
    assert.throws(() => markOf(block!), /^Error: a\.md:\d: nothing says how/, above);
  }
});

Deno.test("stepsOf() reads commands, what they answer, and lines that go on", () => {
  const [block] = blocksOf("a.md", "```sh\n# why\na b  # what\n#> c\n\nd \\\n  e\n```\n");
  assert.deepEqual(stepsOf(block!), [
    { line: "a b", expected: ["c"] },
    { line: "d   e", expected: [] },
  ]);
});

Deno.test("what another test is said to run is in that test", async () => {
  for (const block of commandsOf(documents)) {
    const mark = markOf(block);
    if (mark.kind !== "tested") continue;
    const test = await Deno.readTextFile(new URL(mark.by, ROOT));
    for (const { line } of stepsOf(block)) {
      const subject = subjectOf(line);
      assert.ok(test.includes(subject), `${block.place}: ${mark.by} does not run ${subject}`);
    }
  }
});

Deno.test("tasks that documents name are there", () => {
  for (const block of commandsOf(documents)) {
    for (const { line } of stepsOf(block)) {
      const task = /\bdeno(?:@[\d.]+)? task ([\w:]+)/.exec(line)?.[1];
      assert.ok(task === undefined || task in tasks, `${block.place}: there is no task ${task}`);
    }
  }
});

Deno.test("the first page and the controller's guide have commands that are run", () => {
  for (const path of ["README.md", "sdn/docs/controller.md"]) {
    const blocks = commandsOf(documents.filter((document) => document.path === path));
    const kinds = new Set(blocks.map((block) => markOf(block).kind));
    assert.ok(kinds.has("serve") && kinds.has("run"), path);
  }
});

for (const document of documents) {
  const scenes = commandsOf([document]).flatMap((block) => {
    const { kind } = tryMark(block);
    return kind === "run" || kind === "serve" || kind === "watch"
      ? [{ kind, steps: stepsOf(block), place: block.place }]
      : [];
  });
  if (scenes.length === 0) continue;
  const lines = scenes.flatMap(({ steps }) => steps.map(({ line }) => line));
  const needsCurl = lines.some((line) => /\bcurl\b/.test(line)) && !hasCurl;
  Deno.test({
    name: `the commands of ${document.path} do what it says${
      needsCurl ? " (skipped: there is no curl)" : ""
    }`,
    // Where there is no curl nobody can walk; every Debian image of Node has it.
    ignore: needsCurl,
    async fn() {
      using deadline = new Deadline();
      await using performance = new Performance();
      for (const { kind, steps, place } of scenes) {
        await deadline.for(`the commands at ${place}`, performance[kind](steps));
      }
    },
  });
}

function commandsOf(documents: readonly Document[]) {
  return documents.flatMap(({ blocks }) => blocks).filter(({ language }) => language === "sh");
}

// A block without a mark fails in a test of its own, not while the tests are collected.
function tryMark(block: Document["blocks"][number]) {
  try {
    return markOf(block);
  } catch {
    return { kind: "none" } as const;
  }
}

/** What a test must name to run a command: the last file of a task, or the command itself. */
function subjectOf(line: string): string {
  const task = /\bdeno task ([\w:]+)/.exec(line)?.[1];
  const command: string | undefined = task === undefined ? undefined : tasks[task]?.command;
  return command?.split(" ").findLast((word) => word.endsWith(".ts"))?.split("/").at(-1) ??
    line.split(" ")[0]!;
}
