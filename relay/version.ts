/** What this build is. A release writes its own numbers here. */
export const version = {
  name: "qumo-relay",
  version: "dev",
  commit: "none",
  built: "unknown",
} as const;
