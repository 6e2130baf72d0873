import { createHash } from "node:crypto";
import baseStyle from "./base.css" with { type: "text" };

export { baseStyle };

/** A file of an operators' page: its path, its media type with charset, its text. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

// Only files of the page's own origin run, no other site may frame it, and scripts cannot inject
// markup.
const CONTENT_SECURITY_POLICY = [
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
].join("; ");

/** The headers of a page's file, beside its media type. */
export function pageHeaders(text: string) {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  return {
    etag,
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  };
}
