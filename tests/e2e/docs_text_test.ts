/** What the documents say is held against the project: links, configurations, names of things. */
import assert from "node:assert/strict";
import { type ConfigDefinition, loadConfig } from "@qumo/shared/runtime";
import { refusalCodes } from "@qumo/shared/topology";
import { relayDefinition } from "../../relay/config/definition.ts";
import { sdnDefinition } from "../../sdn/config/definition.ts";
import { messageTable } from "../../shared/wire/moqt/drafts/draft18_messages.ts";
import { parameterTable } from "../../shared/wire/moqt/drafts/draft18_parameters.ts";
import { MESH_OPTION } from "../../shared/wire/moqt/mesh.ts";
import { anchorsOf, linksOf } from "../support/documents/anchors.ts";
import { blocksOf, type Document, readDocuments } from "../support/documents/document.ts";
import { readProjectFiles } from "../support/source/project_files.ts";
import { ROOT } from "../support/root.ts";

const documents = await readDocuments();

Deno.test("every link of the documents leads somewhere", async () => {
  for (const { path, text } of documents) {
    for (const link of linksOf(text)) {
      const target = link.path === ""
        ? new URL(path, ROOT)
        : new URL(link.path, new URL(path, ROOT));
      const { isFile } = await Deno.stat(target).catch(() => assert.fail(`${path}: ${link.path}`));
      if (link.anchor === "") continue;
      assert.ok(isFile, `${path}: ${link.path} has no headings`);
      const anchors = anchorsOf(await Deno.readTextFile(target));
      assert.ok(anchors.has(link.anchor), `${path}: ${link.path} has no #${link.anchor}`);
    }
  }
});

Deno.test("the README's table has every folder of the project, and no other", async () => {
  assert.deepEqual(foldersIn("README.md"), await listFolders(""));
});

Deno.test("the repository layout has every folder of the programs, and no other", async () => {
  const parts = ["relay/", "sdn/", "shared/", "tests/"].map(listFolders);
  assert.deepEqual(foldersIn(".github/CONTRIBUTING.md"), (await Promise.all(parts)).flat().sort());
});

Deno.test("what people read has none of the words that the glossary replaces", async () => {
  const [, table = ""] = documentAt("configs/glossary.md").text.split("## Words that are not used");
  const words = Array.from(table.matchAll(/^\| (\w[^|]*?) +\|/gm), ([, word]) => word!).slice(1);
  assert.ok(words.length > 3);
  // Flags are called as their programs call them.
  const unused = new RegExp(`(?<!--)\\b(?:${words.join("|")})s?\\b`, "i");
  for (const [path, text] of await readTexts()) {
    const line = text.split("\n").findIndex((line) => unused.test(line));
    assert.equal(line, -1, `${path}:${line + 1}: ${text.split("\n")[line]}`);
  }
});

Deno.test("every file and folder that a document names is there", async () => {
  const paths = (await readProjectFiles()).keys();
  const sources = new Set(Array.from(paths, (path) => path.split("/").at(-1)!));
  for (const { path, text } of documents) {
    if (path === ".github/CHANGELOG.md") continue;
    const named = text.matchAll(/`((?:relay|sdn|shared|tests|configs|\.build)\/[\w./-]+)`/g);
    for (const [, name] of named) {
      const isThere = await Deno.stat(new URL(name!, ROOT)).then(() => true, () => false);
      assert.ok(isThere, `${path}: there is no ${name}`);
    }
    for (const [, name] of text.matchAll(/`(\w+\.ts)`/g)) {
      assert.ok(sources.has(name!), `${path}: no file is called ${name}`);
    }
  }
});

Deno.test("the paths of an object and of a request lead through every room of the relay", async () => {
  const paths = documentAt(".github/CONTRIBUTING.md").text.split(/^\*\*The path of/m).slice(1);
  assert.equal(paths.length, 2);
  const steps = paths.flatMap((text) => text.match(/^\d+\. [^]*?(?=\n\d+\. |\n\n)/gm) ?? []);
  assert.ok(steps.length > 0 && steps.length <= 20, `${steps.length} steps`);
  for (const step of steps) assert.match(step, /`(relay|shared)\//, "a step names its room");
  const named = steps.join("\n");
  for (const room of await roomsOf("relay/session/", "relay/track/")) {
    assert.ok(named.includes(`\`${room}`), `no step leads through ${room}`);
  }
});

/** The folders inside of these that have files of their own. */
async function roomsOf(...within: readonly string[]): Promise<readonly string[]> {
  const folders = Array.from(
    (await readProjectFiles()).keys(),
    (path) => path.replace(/[^/]+$/, ""),
  );
  return [...new Set(folders)].filter((folder) =>
    within.some((outer) => folder.startsWith(outer) && folder !== outer)
  );
}

Deno.test("every guide links the glossary", () => {
  for (const { path, text } of documents) {
    if (!/^(?:configs|relay\/docs|sdn\/docs)\//.test(path) || path === "configs/glossary.md") {
      continue;
    }
    assert.ok(linksOf(text).some((link) => link.path.endsWith("glossary.md")), path);
  }
});

Deno.test("linksOf() and anchorsOf() read what a host reads", () => {
  const text = "# A, b `c_d`\n[x](y.md#z) ![p](p.png) [w](https://w.example) `[n](n)`\n";
  assert.deepEqual(linksOf(text), [{ path: "y.md", anchor: "z" }, { path: "p.png", anchor: "" }]);
  assert.deepEqual(anchorsOf(text), new Set(["a-b-c_d"]));
});

Deno.test("every configuration in the documents is one that the program takes", async () => {
  let count = 0;
  for (const { place, language, mark, lines } of documents.flatMap(({ blocks }) => blocks)) {
    if (language !== "yaml") continue;
    count++;
    const text = lines.join("\n");
    if (mark === "relay.yaml") await assertTaken(relayDefinition, place, text);
    else if (mark === "sdn.yaml") await assertTaken(sdnDefinition, place, text);
    else assert.fail(`${place}: write <!-- relay.yaml --> or <!-- sdn.yaml --> above it`);
  }
  assert.ok(count >= 4);
});

Deno.test("what troubleshooting names is what the programs say", async () => {
  const sources = await programText();
  const pages = ["relay/docs/metrics.md", "sdn/docs/metrics.md"];
  const metrics = (await Promise.all(
    pages.map((page) => Deno.readTextFile(new URL(page, ROOT))),
  )).join();
  const status = await Deno.readTextFile(new URL("relay/ops/status.ts", ROOT));
  const facts = factsOf("configs/troubleshooting.md");
  for (const { kind, name } of facts) {
    const isTrue = {
      log: () => sources.includes(name),
      close: () => sources.includes(name),
      metric: () => metrics.includes(`\`${name}\``),
      status: () => fieldsOf(name).every((field) => status.includes(field)),
      answer: () => refusalCodes.some((code) => code === name),
    }[kind];
    assert.ok(isTrue !== undefined, `there is no kind ${kind}`);
    assert.ok(isTrue(), `nothing says ${kind} ${name}`);
  }
  assert.ok(facts.length >= 40, `${facts.length} facts`);
});

Deno.test("what stands as code between words is on one line", () => {
  for (const { path, text } of documents) {
    const prose = text.replace(/^( *)```[^]*?^\1```$/gm, (block) => block.replace(/[^\n]/g, ""));
    for (const [line, words] of prose.split("\n").entries()) {
      const marks = words.match(/`/g)?.length ?? 0;
      assert.ok(marks % 2 === 0, `${path}:${line + 1}: ${words}`);
    }
  }
});

Deno.test("troubleshooting has a chapter for each of a dozen symptoms and more", () => {
  const { text } = documentAt("configs/troubleshooting.md");
  assert.ok([...text.matchAll(/^### /gm)].length >= 12);
});

Deno.test("the numbers of the protocol's page are those of the wire", () => {
  const { text } = documentAt("relay/docs/protocol.md");
  const ours = Object.entries({ ...messageTable, ...parameterTable })
    .filter(([name]) => name.startsWith("mesh"))
    .map(([name, { type }]) => [snake(name), type] as const);
  for (const [name, type] of [...ours, ["MESH", MESH_OPTION] as const]) {
    const row = new RegExp(`^\\| ${name} +\\| \`0x${type.toString(16)}\` `, "m");
    assert.match(text, row, name);
  }
  for (const [name, { type }] of Object.entries(messageTable)) {
    if (NAMED_WITH_OTHERS.has(name)) continue;
    const rows = text.split("\n").filter((line) => new RegExp(`\\b${snake(name)}\\b`).test(line));
    const number = `\`0x${type.toString(16)}\``;
    assert.ok(rows.some((row) => row.includes(number)), `${name} ${number}`);
  }
});

// Two messages that have no row: they are answers of SUBSCRIBE_NAMESPACE and SUBSCRIBE_TRACKS.
const NAMED_WITH_OTHERS: ReadonlySet<string> = new Set([
  "namespace",
  "namespaceDone",
  "publishBlocked",
]);

async function assertTaken<T extends object>(
  definition: ConfigDefinition<T>,
  place: string,
  text: string,
): Promise<void> {
  const file = { name: place, text };
  const loaded = await loadConfig(definition, { file, environment: {}, flags: [] });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.refusal.join("\n"));
}

/** The lists below a symptom: `- log: text in backquotes`. */
function factsOf(path: string): { kind: Fact; name: string }[] {
  const { text } = documentAt(path);
  return Array.from(text.matchAll(/^- (\w+): `([^`]+)`$/gm), ([, kind, name]) => ({
    kind: kind as Fact,
    name: name!,
  }));
}

type Fact = "log" | "close" | "metric" | "status" | "answer";

/** `mesh.links[].failure` as the names that its parts have where the answer is built. */
function fieldsOf(path: string): string[] {
  return path.split(".").map((part) => part.replace("[]", ""));
}

/** What is written in the programs, texts that go over several lines joined. */
async function programText(): Promise<string> {
  const files = await readProjectFiles();
  return Array.from(files, ([path, text]) => /^tests\/|_test\.ts$/.test(path) ? "" : text)
    .join("\n")
    .replace(/["`] \+\s*["`]/g, "");
}

/** The folders that a document has a row for. */
function foldersIn(path: string): string[] {
  const rows = documentAt(path).text.matchAll(/^\| `([^`]+)\/` +\|/gm);
  return Array.from(rows, ([, folder]) => folder!).sort();
}

/** The folders in a folder, without what is ignored and what Git has for itself. */
async function listFolders(parent: string): Promise<string[]> {
  const ignored = await Deno.readTextFile(new URL(".gitignore", ROOT));
  const entries = await Array.fromAsync(Deno.readDir(new URL(parent, ROOT)));
  return entries
    .filter(({ name, isDirectory }) =>
      isDirectory && name !== ".git" &&
      !ignored.split("\n").some((line) => line.replaceAll("/", "") === name)
    )
    .map(({ name }) => parent + name)
    .sort();
}

/** What people read beside the code, by path: documents, what they copy, and the pages. */
async function readTexts(): Promise<Map<string, string>> {
  const texts = new Map(documents.map(({ path, text }) => [path, text]));
  for (const path of ["configs/glossary.md", ".github/CHANGELOG.md"]) texts.delete(path);
  for (const folder of ["configs/", "relay/docs/", "sdn/docs/", "relay/page/files/", PAGE]) {
    for (const path of await listFiles(folder)) {
      if (!texts.has(path) && path !== "configs/glossary.md") {
        const text = await Deno.readTextFile(new URL(path, ROOT));
        texts.set(path, path.endsWith(".js") ? wordsOfScript(text) : text);
      }
    }
  }
  return texts;
}

/** The comments and texts of a script; its code calls things as libraries of others do. */
function wordsOfScript(text: string): string {
  return text.match(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"|`[^`]*`/g)?.join("\n") ?? "";
}

const PAGE = "sdn/dashboard/page/";

async function listFiles(folder: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(new URL(folder, ROOT)));
  const found = await Promise.all(
    entries.map(({ name, isDirectory }) =>
      isDirectory ? listFiles(`${folder}${name}/`) : name.endsWith(".png") ? [] : [folder + name]
    ),
  );
  return found.flat();
}

function documentAt(path: string): Document {
  return documents.find((document) => document.path === path) ?? assert.fail(path);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

Deno.test("blocksOf() says where a block begins and what stands above it", () => {
  assert.deepEqual(blocksOf("a.md", "x\n\n<!-- m -->\n\n```yaml\na: 1\n```\n"), [
    { place: "a.md:5", language: "yaml", mark: "m", lines: ["a: 1"] },
  ]);
});
