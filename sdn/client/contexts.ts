import { done, messageOf, type Outcome, printable, refused } from "@qumo/shared/runtime";
import { parse } from "yaml";
import * as z from "zod";
import type { ClientProcess } from "./client_process.ts";

/** A controller with a name of its own. */
export interface Context {
  readonly url?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly caFile?: string | undefined;
}

const schema = z.strictObject({
  current: z.string().optional(),
  contexts: z.record(
    z.string(),
    z.strictObject({
      url: z.string(),
      token_file: z.string().optional(),
      ca_file: z.string().optional(),
    }),
  ),
});

/** The context of this name, or the current one; undefined where there is no file. */
export async function readContexts(
  name: string | undefined,
  process: ClientProcess,
): Promise<Outcome<Context | undefined, string>> {
  const file = contextsFile(process.environment());
  if (file === undefined) return name === undefined ? done(undefined) : refused(NO_HOME);
  const read = await readFile(file, process);
  if (!read.ok) return read;
  if (read.value === undefined) {
    return name === undefined ? done(undefined) : refused(`There is no ${file} with contexts`);
  }
  const { current, contexts } = read.value;
  const wanted = name ?? current;
  if (wanted === undefined) return done(undefined);
  const found = Object.hasOwn(contexts, wanted) ? contexts[wanted] : undefined;
  if (found === undefined) {
    const names = Object.keys(contexts).join(", ");
    return refused(`There is no context ${printable(wanted, 100)} in ${file}: it has ${names}`);
  }
  return done({ url: found.url, tokenFile: found.token_file, caFile: found.ca_file });
}

async function readFile(
  file: string,
  { readText }: ClientProcess,
): Promise<Outcome<z.infer<typeof schema> | undefined, string>> {
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing
      ? done(undefined)
      : refused(`Cannot read ${file}: ${printable(messageOf(error), 200)}`);
  }
  try {
    const checked = schema.safeParse(parse(text, { maxAliasCount: 0 }));
    if (checked.success) return done(checked.data);
    const [issue] = checked.error.issues;
    return refused(`${file}: ${issue!.path.join(".")}: ${issue!.message}`);
  } catch (error) {
    return refused(`${file}: ${printable(String(error), 300)}`);
  }
}

/** Where contexts are: `$XDG_CONFIG_HOME/qumo/contexts.yaml`, and else in `.config` at home. */
function contextsFile(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const { XDG_CONFIG_HOME: config, HOME: home, APPDATA: windows } = environment;
  if (config !== undefined && config !== "") return `${config}/qumo/contexts.yaml`;
  if (home !== undefined && home !== "") return `${home}/.config/qumo/contexts.yaml`;
  return windows === undefined || windows === "" ? undefined : `${windows}/qumo/contexts.yaml`;
}

const NO_HOME = "There is no HOME in which contexts could be";
