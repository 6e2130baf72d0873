/** What this build is. A release writes its own numbers here. */
export const version = {
  name: "qumo-sdn",
  version: "dev",
  commit: "none",
  built: "unknown",
} as const;
