import { type Clock, type FileAccess, type Log, messageOf, StartError } from "@qumo/shared/runtime";
import type { Gate } from "../session/rights.ts";
import type { CatSettings } from "./cat/cat_claims.ts";
import { openCat } from "./cat/open_cat.ts";
import type { HookCounts } from "./hook/hook.ts";
import { type HookSettings, openHook } from "./hook/open_hook.ts";
import { KeyStore } from "./key_store.ts";
import type { Steering } from "./steering.ts";
import { type PublicPrefixes, TokenGate } from "./token_gate.ts";
import { TokenJudge } from "./token_judge.ts";
import { Verifier } from "./verifier.ts";

/** What tokens are accepted. */
export interface TokenSettings {
  readonly keys: readonly string[];
  readonly keyReloadMs: number;
  readonly clockSkewMs: number;
  readonly lateTokens: boolean;
  readonly hook: HookSettings;
  readonly cat: CatSettings & { readonly enabled: boolean };
  readonly public: PublicPrefixes;
}

/** What access by tokens is built from. */
export interface TokenAccessParts {
  readonly settings: TokenSettings;
  readonly files: Pick<FileAccess, "readText">;
  /** What URLs are read with. */
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Log;
  readonly counts: KeyCounts;
  readonly steering: Steering;
}

/** What is counted of keys. */
export interface KeyCounts {
  /** Keys of tokens found while running, by whether they could be read. */
  readonly keyReloads: Record<"ok" | "refused", number>;
  /** Questions to the hook, by what came of them. */
  readonly hook: HookCounts;
}

/** Access by tokens, until it is closed. */
export interface TokenAccess {
  readonly gate: Gate;
  /** Reads the keys of other settings; returns what puts these in force. Rejects when that fails. */
  follow(settings: Pick<TokenSettings, "keys" | "public">): Promise<() => void>;
  /** Looks at the keys now. */
  reload(): Promise<void>;
  close(): void;
}

/** Reads the keys; rejects with a {@linkcode StartError} when that fails. */
export async function tokenAccess(
  { settings, files, fetch, clock, log, counts, steering }: TokenAccessParts,
): Promise<TokenAccess> {
  const { keys: sources, keyReloadMs: reloadMs, clockSkewMs } = settings;
  let store: KeyStore;
  try {
    const reloads = counts.keyReloads;
    store = await KeyStore.open({ sources, files, fetch, clock, log, reloadMs, reloads });
  } catch (error) {
    throw new StartError(`cannot start with the keys of tokens: ${messageOf(error)}`, "auth.keys");
  }
  const { cat, hook: hookSettings } = settings;
  const ring = { keys: () => store.current, onMiss: () => store.missed(), clock, clockSkewMs };
  const opening = { clockSkewMs, files, fetch, clock, log, counts: counts.hook };
  const opened = await openHook({ settings: hookSettings, ...opening });
  const judge = new TokenJudge({
    jwt: new Verifier(ring),
    cat: await openCat(cat, ring),
    hook: opened?.hook,
  });
  const gate = new TokenGate({
    judge,
    public: settings.public,
    lateTokens: settings.lateTokens,
    clock,
    steering,
  });
  return {
    gate,
    async follow({ keys, public: everybody }) {
      const replace = await store.prepare(keys);
      return () => {
        replace();
        gate.open(everybody);
      };
    },
    reload: async () => void await Promise.all([store.reload(), opened?.reload()]),
    close: () => store.close(),
  };
}
