/** What this build is. A release writes its own numbers here. */
export const version = {
  name: "qumo-sdn",
  version: "dev",
  commit: "none",
  built: "unknown",
} as const;

/** The answer of `qumo-sdn version`. */
export function versionText(deno: string): string {
  return `${version.name} ${version.version}
  commit: ${version.commit}
  built:  ${version.built}
  deno:   ${deno}
`;
}
