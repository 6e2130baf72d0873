import type { Clock, FileAccess, Log } from "@qumo/shared/runtime";
import { Hook, type HookCounts } from "./hook.ts";
import { HookClient } from "./hook_client.ts";
import { HookSecret } from "./hook_secret.ts";

/** Which hook to ask, and how. */
export interface HookSettings {
  /** Empty: none. */
  readonly url: string;
  readonly tokenFile: string;
  readonly timeoutMs: number;
}

/** What a hook is built from. */
export interface HookOpening {
  readonly settings: HookSettings;
  readonly clockSkewMs: number;
  readonly files: Pick<FileAccess, "readText">;
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: HookCounts;
}

/** The hook of a configuration, and how its secret is read again; undefined: there is none. */
export async function openHook(
  { settings: { url, tokenFile, timeoutMs }, files, fetch, clock, log, ...others }: HookOpening,
): Promise<{ readonly hook: Hook; reload(): Promise<void> } | undefined> {
  if (url === "") return undefined;
  const secret = new HookSecret(tokenFile, { files, log });
  await secret.reload();
  const client = new HookClient({ url, timeoutMs, fetch, secret: () => secret.current, clock });
  return { hook: new Hook({ client, clock, log, ...others }), reload: () => secret.reload() };
}
