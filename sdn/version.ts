import { buildStamp, type BuildVersion } from "@qumo/shared/runtime";

/** What this build is. */
export const version: BuildVersion = { name: "qumo-sdn", ...buildStamp };
