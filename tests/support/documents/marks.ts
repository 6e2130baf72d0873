import type { Block } from "./document.ts";

/** What a document's comment above a block of commands says of them. */
export interface Mark {
  /**
   * - run: they are run, one after the other, and must succeed
   * - serve: each is a program that goes on until the next such block, or the end of the document
   * - watch: they are asked again and again until they answer what stands below them
   * - tested: a test of its own runs them
   * - not run: nothing runs them
   */
  readonly kind: "run" | "serve" | "watch" | "tested" | "not run";
  /** The test of its own, or the reason. */
  readonly by: string;
}

/** Reads the mark of a block of commands; throws a sentence where there is none. */
export function markOf({ place, mark = "" }: Block): Mark {
  const [, plain, word, by = ""] =
    /^(?:(run|serve|watch)|(tested|not run): (.{10,}))$/.exec(mark) ?? [];
  const kind = (plain ?? word) as Mark["kind"] | undefined;
  if (kind !== undefined) return { kind, by };
  throw new Error(
    `${place}: nothing says how these commands are tested. Write a comment above them: ` +
      "<!-- run -->, <!-- serve -->, <!-- watch -->, <!-- tested: FILE --> or <!-- not run: WHY -->",
  );
}
