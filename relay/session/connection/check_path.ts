import { SessionError } from "../errors.ts";

// RFC 3986: path-abempty and an optional query, ASCII only.
const PATH = /^(\/[\w.~!$&'()*+,;=:@%-]*)*(\?[\w.~!$&'()*+,;=:@%/?-]*)?$/;

/** Throws for the path of a SETUP that may have none, or that is none of a URI. */
export function checkPath(path: string, mayName: boolean): void {
  if (!mayName) {
    throw new SessionError("invalid_path", "PATH does not belong into this SETUP");
  }
  if (!PATH.test(path)) {
    throw new SessionError("malformed_path", "PATH is not the path of a URI");
  }
}
