import { createHash } from "node:crypto";
import baseStyle from "./base.css" with { type: "text" };

export { baseStyle };

/** A file of an operators' page: its path, its media type with charset, its text. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
  /** It is served to everybody: it says nothing of the program that serves it. */
  readonly isPublic?: boolean;
  /** The page plays and records: see {@linkcode pageHeaders}. */
  readonly hasMedia?: boolean;
}

/** A large file of a page that is public, and is read when it is asked for. */
export interface PageLibrary {
  readonly path: string;
  readonly type: string;
  load(): Promise<string>;
}

// Only files of the page's own origin run, no other site may frame it, and scripts cannot inject
// markup.
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];

// The libraries have the code of the audio thread in them as text, which only a blob makes a script;
// a file that somebody publishes is played from a blob. A worker, whose one address no input can
// change, keeps time in a page that is in the background.
const MEDIA_POLICY = [
  ...POLICY.filter((rule) => !/^(script-src|trusted-types)/.test(rule)),
  "script-src 'self' blob:",
  "worker-src 'self'",
  "media-src 'self' blob:",
  "trusted-types ticker",
];

/** The headers of a page's file, beside its media type. A page with media may make blobs of its own. */
export function pageHeaders(
  text: string,
  { hasMedia = false }: { readonly hasMedia?: boolean | undefined } = {},
) {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  return {
    etag,
    "cache-control": "no-cache",
    "content-security-policy": (hasMedia ? MEDIA_POLICY : POLICY).join("; "),
  };
}
