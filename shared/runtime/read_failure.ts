import { messageOf } from "./message_of.ts";

/** Why a file cannot be read, without its path and the system's error number. */
export function readFailure(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotFound") return "there is no such file";
  if (name === "PermissionDenied") return "permission denied";
  if (name === "IsADirectory") return "it is a directory";
  return messageOf(error);
}
