import { done, type Outcome, printable, refused } from "@qumo/shared/runtime";
import { readContexts } from "./contexts.ts";
import type { ClientProcess } from "./client_process.ts";
import { TARGET_VARIABLES } from "./variables.ts";

/** A controller, and what is shown to it. */
export interface Target {
  readonly url: URL;
  /** Empty for none. */
  readonly token: string;
  /** The authority that its certificate is verified by, as PEM; empty for those of the system. */
  readonly authority: string;
}

/** Where the flags say that the controller is. */
export interface TargetFlags {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly context?: string | undefined;
}

const DEFAULT_URL = "http://127.0.0.1:8090";

/** Finds the controller: flags before variables, variables before the file of contexts. */
export async function findTarget(
  flags: TargetFlags,
  process: ClientProcess,
): Promise<Outcome<Target, string>> {
  const environment = process.environment();
  const said = (name: keyof TargetFlags) => flags[name] ?? set(environment, TARGET_VARIABLES[name]);
  const url = said("url");
  const context = said("context");
  // A URL that is said names another controller than the context does, whose token is not for it.
  const found = url !== undefined && context === undefined
    ? done(undefined)
    : await readContexts(context, process);
  if (!found.ok) return found;
  const from = found.value;
  const address = url ?? from?.url ?? DEFAULT_URL;
  const parsed = parseUrl(address);
  if (parsed === undefined) {
    return refused(`${printable(address, 200)} is no http or https URL, as ${DEFAULT_URL} is one`);
  }
  const token = await read(said("tokenFile") ?? from?.tokenFile, process);
  if (!token.ok) return token;
  const authority = await read(said("caFile") ?? from?.caFile, process);
  if (!authority.ok) return authority;
  return done({ url: parsed, token: token.value.trim(), authority: authority.value });
}

function set(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string | undefined {
  return environment[name] === "" ? undefined : environment[name];
}

function parseUrl(text: string): URL | undefined {
  const withScheme = /^[a-z]+:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}

async function read(
  file: string | undefined,
  { readText }: ClientProcess,
): Promise<Outcome<string, string>> {
  if (file === undefined) return done("");
  try {
    return done(await readText(file));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return refused(`Cannot read ${printable(file, 200)}: ${printable(reason, 200)}`);
  }
}
