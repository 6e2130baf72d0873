import type { BuildVersion } from "./build_version.ts";

/** Which build this is. Executables are compiled from a copy of the sources where this file differs. */
export const buildStamp: Omit<BuildVersion, "name"> = {
  version: "dev",
  commit: "none",
  built: "unknown",
};
