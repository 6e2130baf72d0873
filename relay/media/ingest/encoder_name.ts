import type { Namespace } from "@qumo/shared/wire";

/** What an encoder publishes, and by which tokens. */
export interface EncoderName {
  readonly namespace: Namespace;
  readonly tokens: readonly string[];
}

/**
 * The name in paths that follow each other, as an application and a stream key of RTMP, or one of HTTP: each
 * may have a query, in which tokens are. Undefined for percent-encoded characters that are none.
 */
export function encoderName(...paths: readonly string[]): EncoderName | undefined {
  const encoder = new TextEncoder();
  const namespace: Uint8Array[] = [];
  const tokens: string[] = [];
  for (const text of paths) {
    const at = text.indexOf("?");
    const path = at < 0 ? text : text.slice(0, at);
    if (at >= 0) tokens.push(...new URLSearchParams(text.slice(at + 1)).getAll("jwt"));
    for (const part of path.split("/")) {
      if (part === "") continue;
      try {
        namespace.push(encoder.encode(decodeURIComponent(part)));
      } catch {
        return undefined;
      }
    }
  }
  return { namespace, tokens };
}
