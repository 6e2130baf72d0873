import * as z from "zod";
import type { DirectoryCursor } from "../registry/mod.ts";

const form = z.tuple([z.string(), z.string()]);

/** Encodes the position after which the next page of the directory starts. */
export function writeCursor({ track, relay }: DirectoryCursor): string {
  const bytes = new TextEncoder().encode(JSON.stringify([track, relay]));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Decodes a cursor of {@linkcode writeCursor}; `undefined` when the text is none. */
export function readCursor(text: string): DirectoryCursor | undefined {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const cursor = form.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return cursor.success ? { track: cursor.data[0], relay: cursor.data[1] } : undefined;
  } catch {
    return undefined;
  }
}
