import type { Namespace } from "@qumo/shared/wire";

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
export function tokensOfUrl(path: string): string[] {
  const at = path.indexOf("?");
  return at < 0 ? [] : new URLSearchParams(path.slice(at + 1)).getAll("jwt");
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
