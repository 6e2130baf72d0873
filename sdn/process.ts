import type { ConfigAccess, FileAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { Usage } from "./control/process_families.ts";

/** With whom a client speaks TLS: PEM texts, each empty where it does not matter. */
export interface TlsClient {
  /** The authority that servers are verified by, beside those of the runtime. */
  readonly authority: string;
  /** What the client shows of itself, the leaf first, and its key. */
  readonly certificate: string;
  readonly key: string;
}

/** What the operating system and the runtime give to the controller. */
export interface Process extends AnyProcess, ConfigAccess, FileAccess {
  readonly usage: () => Usage;
  /** Makes requests as such a client. */
  readonly fetchAs: (client: TlsClient) => typeof fetch;
  /** Asks the person at the terminal, yes or no; undefined where nobody is. */
  readonly confirm: (question: string) => boolean | undefined;
}
