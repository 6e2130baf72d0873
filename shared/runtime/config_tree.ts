import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  type ParsedNode,
  parseDocument,
} from "yaml";
import { didYouMean } from "./config_issues.ts";
import { type ConfigKeys, joinKey } from "./config_keys.ts";
import { found } from "./config_secrets.ts";
import { printable } from "./printable.ts";

/** A configuration's text, and its name for messages. */
export interface ConfigFile {
  readonly name: string;
  readonly text: string;
}

/** A place in a file; lines and columns count from 1. */
export interface FilePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Something wrong with one place of the file. */
export interface FileProblem {
  readonly at: FilePosition;
  readonly text: string;
}

/** The values of a file by key, and their positions. */
export interface ConfigTree {
  readonly values: ReadonlyMap<string, unknown>;
  /** The position of every key, list items included (`server.allowed_origins.0`). */
  readonly positions: ReadonlyMap<string, FilePosition>;
  readonly problems: readonly FileProblem[];
  /** Warnings about ignored keys. */
  readonly warnings: readonly FileProblem[];
}

/** Former keys: renamed ones, and retired ones with what to write instead. */
export interface OldKeys {
  readonly renamed: ReadonlyMap<string, string>;
  readonly retired: ReadonlyMap<string, string>;
}

/** Far more than a configuration needs; a video given by mistake is not worth parsing. */
const MAX_FILE_CHARACTERS = 1_048_576;

/** How much of a key's name a message repeats. */
const MAX_NAME = 60;

type Node = ParsedNode | null;

/** Reads YAML 1.2 as a tree of known keys. Never throws: what is wrong is in `problems`, in no order. */
export function readConfigTree(file: ConfigFile, keys: ConfigKeys, old: OldKeys): ConfigTree {
  const reader = new TreeReader(file, keys, old);
  reader.read(file.text);
  return reader;
}

class TreeReader implements ConfigTree {
  readonly values = new Map<string, unknown>();
  readonly positions = new Map<string, FilePosition>();
  readonly problems: FileProblem[] = [];
  readonly warnings: FileProblem[] = [];
  readonly #file: ConfigFile;
  readonly #keys: ConfigKeys;
  readonly #old: OldKeys;
  readonly #lines = new LineCounter();
  /** Keys that were written by a former name, with that name and its place. */
  readonly #former = new Map<string, { readonly name: string; readonly offset: number }>();

  constructor(file: ConfigFile, keys: ConfigKeys, old: OldKeys) {
    this.#file = file;
    this.#keys = keys;
    this.#old = old;
  }

  read(text: string): void {
    if (text.length > MAX_FILE_CHARACTERS) {
      return this.#problem(0, `found ${text.length} characters, allowed ${MAX_FILE_CHARACTERS}`);
    }
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      prettyErrors: false,
      // A second key of the same name is reported here, with the name.
      uniqueKeys: false,
    });
    for (const error of [...document.errors, ...document.warnings]) {
      this.#problem(error.pos[0], `this is not YAML: ${printable(yamlMessage(error), 200)}`);
    }
    if (this.problems.length === 0) this.#section(document.contents, "", 0);
  }

  // A section whose keys are all commented out is an empty value, and that is fine.
  #section(node: Node, key: string, offset: number): void {
    if (node === null || (isScalar(node) && node.value === null)) return;
    if (!isMap(node)) {
      const names = this.#keys.sections.get(key)!.join(", ");
      const what = key === "" ? "the file" : key;
      const plain = this.#plain(node, key);
      // A text in the place of a map may be anything, a token too, so it is not shown.
      const value = typeof plain === "string" ? "a text" : found(plain, key);
      return this.#problem(offset, `${what}: found ${value}, allowed a map of ${names}`);
    }
    const seen = new Set<string>();
    for (const pair of node.items as Pair<ParsedNode, Node>[]) this.#pair(pair, key, seen);
  }

  #pair(pair: Pair<ParsedNode, Node>, section: string, seen: Set<string>): void {
    const offset = pair.key.range[0];
    const name = isScalar(pair.key) ? String(pair.key.value) : "?";
    const written = joinKey(section, printable(name, MAX_NAME));
    const retired = this.#old.retired.get(written);
    if (retired !== undefined) return this.#warn(offset, `${written}: ignored: ${retired}`);
    const key = this.#old.renamed.get(written) ?? written;
    if (seen.has(key) || this.positions.has(key)) {
      if (!this.#isOfTwoNames(key, written)) {
        return this.#problem(offset, `${written}: found a second time, allowed once`);
      }
      const isRepeated = isScalar(pair.value) && pair.value.value === this.values.get(key);
      if (isRepeated) return;
      const former = key === written ? this.#former.get(key)! : { name: written, offset };
      this.#warn(former.offset, `${former.name}: ignored, because ${key} is written as well`);
      if (key !== written) return;
    }
    if (key !== written) this.#former.set(key, { name: written, offset });
    seen.add(key);
    if (this.#keys.sections.has(key)) return this.#section(pair.value, key, offset);
    if (!this.#keys.values.has(key)) return this.#unknown(offset, section, name, written);
    this.positions.set(key, this.#position(offset));
    this.values.set(key, this.#plain(pair.value, key));
  }

  /** Whether a key that is written a second time was written by its present and by a former name. */
  #isOfTwoNames(key: string, written: string): boolean {
    const former = this.#former.get(key)?.name;
    return former === undefined ? key !== written : former !== written;
  }

  #unknown(offset: number, section: string, name: string, written: string): void {
    const names = this.#keys.sections.get(section)!;
    this.#problem(
      offset,
      `${written}: found an unknown key${didYouMean(name, names)}, allowed ${names.join(", ")}`,
    );
  }

  #plain(node: Node, key: string): unknown {
    if (node === null) return null;
    this.positions.set(key, this.#position(node.range[0]));
    if (isScalar(node)) return node.value;
    if (isSeq(node)) {
      return node.items.map((item, index) => this.#plain(item as Node, joinKey(key, index)));
    }
    if (isMap(node)) {
      const pairs = (node.items as Pair<ParsedNode, Node>[]).map((pair) => {
        const name = isScalar(pair.key) ? String(pair.key.value) : "?";
        return [name, this.#plain(pair.value, joinKey(key, name))];
      });
      return Object.fromEntries(pairs);
    }
    if (isAlias(node)) {
      this.#problem(node.range[0], `${key}: found an alias, allowed the value itself`);
    }
    return null;
  }

  #problem(offset: number, text: string): void {
    this.problems.push({ at: this.#position(offset), text });
  }

  #warn(offset: number, text: string): void {
    this.warnings.push({ at: this.#position(offset), text });
  }

  #position(offset: number): FilePosition {
    const { line, col } = this.#lines.linePos(offset);
    return { file: this.#file.name, line: Math.max(1, line), column: Math.max(1, col) };
  }
}

// The parser's message repeats the text behind a colon, which may be a password that begins with a
// star.
function yamlMessage({ message }: { message: string }): string {
  return message.replace(/(?<=\S): .*$/s, "");
}
