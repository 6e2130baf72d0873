/** A kind of machine that executables are made for, by the name that `deno compile` has for it. */
export interface Target {
  readonly name: string;
  /** What the name of an executable ends with there. */
  readonly suffix: "" | ".exe";
}

/** Every kind there is. */
export const TARGETS: readonly Target[] = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
  "aarch64-pc-windows-msvc",
].map((name) => ({ name, suffix: name.includes("windows") ? ".exe" : "" }));

/** The target with this name; throws a sentence that lists them when there is none. */
export function targetNamed(name: string): Target {
  const target = TARGETS.find((one) => one.name === name);
  if (target !== undefined) return target;
  throw new Error(
    `There is no target ${name}. There are ${TARGETS.map((one) => one.name).join(", ")}`,
  );
}
