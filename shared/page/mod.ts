import { createHash } from "node:crypto";
import baseStyle from "./base.css" with { type: "text" };

export { baseStyle };

/** A file of a page for operators: where it is served, its media type with the character set, its text. */
export interface PageFile {
  readonly path: string;
  readonly type: string;
  readonly text: string;
}

// Everything comes from the page's own origin, nothing runs that is not a file of it, nobody frames
// it, and a script that would write markup is stopped by the browser.
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

/** The headers that a file of a page is served with, beside its media type. */
export function pageHeaders(text: string) {
  const etag = `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
  return {
    etag,
    "cache-control": "no-cache",
    "content-security-policy": CONTENT_SECURITY_POLICY,
  };
}
