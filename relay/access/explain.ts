import {
  type Clock,
  type FileAccess,
  type Log,
  StartError,
  type TokenToExplain,
} from "@qumo/shared/runtime";
import { openCat } from "./cat/open_cat.ts";
import { KeyStore } from "./key_store.ts";
import { isFor, policyText } from "./policy_text.ts";
import type { TokenSettings } from "./token_access.ts";
import { TokenJudge } from "./token_judge.ts";
import { Verifier } from "./verifier.ts";

/** What is read with. */
export interface ExplainParts extends Pick<FileAccess, "readText"> {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/**
 * What a token may do at a relay with these settings; rejects with a {@linkcode StartError} that says
 * why it is refused.
 */
export async function explainToken(
  { keys: sources, clockSkewMs, cat }: TokenSettings,
  { text, path }: TokenToExplain,
  { clock, fetch, ...files }: ExplainParts,
): Promise<string> {
  if (sources.length === 0) throw new StartError("there are no `auth.keys` to verify a token with");
  const reloads = { ok: 0, refused: 0 };
  const store = await KeyStore.open({
    sources,
    files,
    fetch,
    clock,
    log: QUIET,
    reloadMs: 1,
    reloads,
  });
  store.close();
  if (store.current.length === 0) throw new StartError("none of `auth.keys` can be read");
  const ring = { keys: () => store.current, clock, clockSkewMs };
  const judge = new TokenJudge({
    jwt: new Verifier(ring),
    cat: await openCat(cat, ring),
    hook: undefined,
  });
  // No base64url has a dot, and each JWT has two.
  const kind = judge.takes("cat") && !text.includes(".") ? "cat" : "jwt";
  const verified = await judge.verify({ kind, text: text.trim() }, NOBODY);
  if (!verified.ok) throw new StartError(`refused: ${verified.refusal.reason}`);
  const explained = policyText(verified.value, path);
  if (path !== undefined && !isFor(verified.value, path)) throw new StartError(explained.trimEnd());
  return explained;
}

const NOBODY = { path: "", remoteAddress: "", protocol: "" };

const QUIET: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  with: () => QUIET,
};
