import { StartError } from "@qumo/shared/runtime";
import type { Steering, SteeringCounts } from "./access/steering.ts";
import type { KeyCounts, TokenAccess } from "./access/token_access.ts";
import { tlsFetch } from "./config.ts";
import type { RelayOptions } from "./relay_options.ts";
import type { Gate } from "./session/rights.ts";

/** Who may do what, until it is closed. */
export interface Access {
  readonly gate: Gate;
  /** What controllers say about access. */
  readonly steering: Steering;
  /** See {@linkcode TokenAccess}; absent where nobody is asked for a token. */
  readonly follow?: TokenAccess["follow"];
  /** Looks at the keys of tokens now. */
  reload(): Promise<void>;
  close(): void;
}

/**
 * Access by tokens where the configuration asks for it; otherwise everybody who can reach the relay may
 * do what no controller forbids. Undefined where there is neither. Rejects with a StartError.
 */
export async function openAccess(
  options: RelayOptions,
  counts: SteeringCounts & KeyCounts,
): Promise<Access | undefined> {
  const { config: { auth, sdn, mesh, relay: { region } }, clock, log } = options;
  if (auth.mode !== "token" && sdn.urls.length === 0) return undefined;
  const { Steering } = await import("./access/steering.ts");
  const steering = new Steering({ clock, log, counts, region, waitMs: auth.revocationsWaitMs });
  if (auth.mode !== "token") {
    const { SteeredGate } = await import("./access/steered_gate.ts");
    return {
      // Where relays have keys, nobody is believed without.
      gate: new SteeredGate(clock, steering, mesh.keyFile === "" && mesh.trustedKeys.length === 0),
      steering,
      reload: () => Promise.resolve(),
      close: () => steering.close(),
    };
  }
  const tokens = await openTokens(options, { counts, steering });
  return {
    ...tokens,
    steering,
    close() {
      tokens.close();
      steering.close();
    },
  };
}

async function openTokens(
  { config: { auth }, files, clock, log }: RelayOptions,
  { counts, steering }: { readonly counts: KeyCounts; readonly steering: Steering },
): Promise<TokenAccess> {
  const fetching = await tlsFetch({ caFile: auth.caFile }, (path) => files.readText(path));
  if (!fetching.ok) throw new StartError(fetching.refusal, "auth.ca_file");
  const { fetch, close } = fetching.value;
  // Most of its code is for cryptography, which nobody else needs.
  const { tokenAccess } = await import("./access/token_access.ts");
  const access = await tokenAccess({
    settings: auth,
    files,
    fetch,
    clock,
    log,
    counts,
    steering,
  });
  return {
    ...access,
    close() {
      access.close();
      close();
    },
  };
}
