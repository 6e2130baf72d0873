/** What a build is. */
export interface BuildVersion {
  readonly name: string;
  readonly version: string;
  readonly commit: string;
  readonly built: string;
}

/** The answer of `version`, with the version of Deno. */
export function versionText({ name, version, commit, built }: BuildVersion, deno: string): string {
  return `${name} ${version}
  commit: ${commit}
  built:  ${built}
  deno:   ${deno}
`;
}
