/** What this build is. A release writes its own numbers here. */
export const version = {
  name: "qumo-relay",
  version: "dev",
  commit: "none",
  built: "unknown",
} as const;

/** The answer of `qumo-relay version`. */
export function versionText(deno: string): string {
  return `${version.name} ${version.version}
  commit: ${version.commit}
  built:  ${version.built}
  deno:   ${deno}
`;
}
