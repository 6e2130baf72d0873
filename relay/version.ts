import { buildStamp, type BuildVersion } from "@qumo/shared/runtime";

/** The version of this build. */
export const version: BuildVersion = { name: "qumo-relay", ...buildStamp };
