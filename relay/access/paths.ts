import type { Namespace } from "@qumo/shared/wire";
import type { Token } from "./judge.ts";

const encoder = new TextEncoder();

/** The fields of a path in a token or in the configuration: `/room/alice/` and `room/alice` are the same. */
export function fieldsOf(path: string): Namespace {
  return path.split("/").filter((part) => part !== "").map((part) => encoder.encode(part));
}

/**
 * The fields of a connection's path, without its query. Percent-encoded characters are decoded after
 * the path was cut, so that `%2F` is part of a field.
 */
export function fieldsOfUrl(path: string): Namespace {
  const [name = ""] = path.split("?");
  return name.split("/").filter((part) => part !== "").map((part) => encoder.encode(decoded(part)));
}

/** The tokens in a connection's query. */
export function tokensOfUrl(path: string): Token[] {
  const at = path.indexOf("?");
  const query = new URLSearchParams(at < 0 ? "" : path.slice(at + 1));
  // A plus sign of base64 that was not encoded has become a space.
  const cats = query.getAll("cat").map((text) => text.replaceAll(" ", "+"));
  return [
    ...query.getAll("jwt").map((text): Token => ({ kind: "jwt", text })),
    ...cats.map((text): Token => ({ kind: "cat", text })),
  ];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
