import type { VerifyingKey } from "./keys.ts";
import { MAX_KEYS_TRIED } from "./limits.ts";

/** The keys that tokens are verified with. */
export interface KeyRing {
  /** Those that count now: another list when they changed. */
  readonly keys: () => readonly VerifyingKey[];
  /** Looks for other keys, because a token names one that is not there. */
  readonly onMiss?: () => Promise<void>;
}

/** The keys that may have signed a token. */
export async function candidatesOf(
  { keys, onMiss }: KeyRing,
  { alg, keyId }: { readonly alg: string; readonly keyId: string | undefined },
): Promise<readonly VerifyingKey[]> {
  const isNamed = keyId === undefined || keys().some((key) => key.keyId === keyId);
  if (!isNamed) await onMiss?.();
  return keys()
    .filter((key) => key.alg === alg && (keyId === undefined || key.keyId === keyId))
    .slice(0, MAX_KEYS_TRIED);
}
