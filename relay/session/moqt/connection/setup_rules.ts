import type { SetupOptions } from "@qumo/shared/wire";
import { checkPath } from "../../connection/check_path.ts";
import { SessionError, violation } from "../../errors.ts";
import type { Role } from "../../session_options.ts";

// RFC 3986: a non-empty host and an optional port.
const AUTHORITY = /^([\w.~!$&'()*+,;=%-]+|\[[0-9a-fA-F:.]+\])(:\d{0,5})?$/;

/** Throws for a PATH or an AUTHORITY that is malformed, or that this peer may not send. */
export function checkNames({ path, authority }: SetupOptions, mayName: boolean): void {
  if (path !== undefined) checkPath(path, mayName);
  if (authority !== undefined) checkAuthority(authority, mayName);
}

function checkAuthority(authority: string, mayName: boolean): void {
  if (!mayName) {
    throw new SessionError("invalid_authority", "AUTHORITY does not belong into this SETUP");
  }
  if (!AUTHORITY.test(authority)) {
    throw new SessionError("malformed_authority", "AUTHORITY is not the authority of a URI");
  }
}

/** Throws for a client's GOAWAY that names a URI. */
export function checkGoaway({ uri }: { readonly uri: string }, role: Role): void {
  if (role === "server" && uri !== "") throw violation("A client's GOAWAY names a URI");
}
