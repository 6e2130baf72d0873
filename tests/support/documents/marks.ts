import type { Block } from "./document.ts";

/** What a document's comment above a block of commands says of them. */
export type Mark =
  /** They are run, one after the other, and must succeed. */
  | { readonly kind: "run" }
  /** Each is a program that goes on until the next such block, or the end of the document. */
  | { readonly kind: "serve" }
  /** They are asked again and again until they answer what stands below them. */
  | { readonly kind: "watch" }
  /** A test of its own runs them. */
  | { readonly kind: "tested"; readonly by: string }
  /** Nothing runs them, for this reason. */
  | { readonly kind: "not run"; readonly reason: string };

/** Reads the mark of a block of commands; throws a sentence where there is none. */
export function markOf({ place, mark = "" }: Block): Mark {
  if (mark === "run" || mark === "serve" || mark === "watch") return { kind: mark };
  const [, word, rest = ""] = /^(tested|not run): (.+)$/.exec(mark) ?? [];
  if (word === "tested") return { kind: "tested", by: rest };
  if (word === "not run" && rest.length >= 10) return { kind: "not run", reason: rest };
  throw new Error(
    `${place}: nothing says how these commands are tested. Write a comment above them: ` +
      "<!-- run -->, <!-- serve -->, <!-- watch -->, <!-- tested: FILE --> or <!-- not run: WHY -->",
  );
}
