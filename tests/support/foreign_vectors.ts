/** Bytes that others wrote, where somebody has put them beside the project. */
import { optionalTest } from "./optional_test_case.ts";

const ROOT = new URL("../../../shared/protocol/vectors/", import.meta.url);

/** The parsed JSON files of a folder of vectors, or one file; nothing where they are not there. */
export function* foreignVectors(path: string): Generator<readonly [file: string, json: unknown]> {
  const url = new URL(path, ROOT);
  try {
    if (Deno.statSync(url).isFile) return yield [path, JSON.parse(Deno.readTextFileSync(url))];
    for (const { name } of Deno.readDirSync(url)) {
      yield [name, JSON.parse(Deno.readTextFileSync(new URL(name, url)))];
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** A test of vectors, which says so when it is skipped because they are not there. */
export function vectorTest(name: string, vectors: readonly unknown[], test: () => void): void {
  const missing = vectors.length === 0 ? "the vectors are not beside the project" : undefined;
  optionalTest(name, missing, test);
}
