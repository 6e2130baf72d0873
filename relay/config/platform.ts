/** The oldest Deno that works: before it, finished streams are never released. */
const OLDEST_DENO = "2.9.5";

/** Why the relay cannot run on this Deno, as a sentence; undefined when it can. */
export function platformProblem(deno: string, hasQuic: boolean): string | undefined {
  if (isOlder(deno, OLDEST_DENO)) {
    return `qumo-relay needs Deno ${OLDEST_DENO} or newer and this is ${deno}: ` +
      "upgrade it, or try `npx -y deno@2.9.6 task relay`";
  }
  if (!hasQuic) {
    return "qumo-relay needs Deno's QUIC, which is not switched on: " +
      "give Deno the flag --unstable-net, or start with `deno task relay`";
  }
  return undefined;
}

function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) => text.split(/[.+-]/, 3).map(Number);
  const [mine, theirs] = [numbers(version), numbers(than)];
  for (let part = 0; part < 3; part++) {
    const difference = (mine[part] ?? 0) - (theirs[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
