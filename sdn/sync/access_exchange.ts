import { createHash } from "node:crypto";
import type { TenantUsage } from "@qumo/shared/topology";
import { type AccessBook, type AccessEntry, accessKey, accessText } from "../registry/mod.ts";
import type { AccessMessage, AccessMessageAnswer } from "./access_message.ts";

/** What tenants use at one relay, and when it said so. */
interface Said {
  readonly relay: string;
  readonly tenants: readonly TenantUsage[];
  readonly heardAt: number;
}

/** The dependencies of {@linkcode AccessExchange}. */
export interface AccessExchangeOptions {
  readonly book: AccessBook;
  /** Milliseconds since 1970. */
  readonly wall: () => number;
  readonly now: () => number;
  /** Merges and stores what another controller knows. */
  readonly adopt: (entries: readonly AccessEntry[]) => Promise<void>;
  /** Cuts what is there at relays that follow this controller. */
  readonly kick: (kick: AccessMessage["kicks"][number]) => void;
  readonly usages: {
    readonly relays: Iterable<string>;
    said(relay: string): Said | undefined;
    take(said: Said): void;
  };
}

/** One controller's side of what controllers tell each other about access. */
export class AccessExchange {
  /** Kicks that another controller was not told of. */
  kicksLost = 0;
  readonly #options: AccessExchangeOptions;
  #digest: { readonly version: number; readonly text: string } | undefined;

  constructor(options: AccessExchangeOptions) {
    this.#options = options;
  }

  /** A text that two controllers share when they know the same. */
  digest(): string {
    const { book, wall } = this.#options;
    book.expire(wall());
    if (this.#digest?.version !== book.version) {
      const texts = [...book.entries.values()].map(accessText).sort();
      const text = createHash("sha256").update(JSON.stringify(texts)).digest("hex");
      this.#digest = { version: book.version, text };
    }
    return this.#digest!.text;
  }

  /** What is known under these keys, or all of it. */
  entries(keys?: Iterable<string>): AccessEntry[] {
    const { entries } = this.#options.book;
    if (keys === undefined) return [...entries.values()];
    return [...keys].map((key) => entries.get(key)).filter((entry) => entry !== undefined);
  }

  /** What tenants use at these relays, or at all of them. */
  usages(relays?: Iterable<string>): AccessMessage["usages"] {
    const { usages, now } = this.#options;
    return [...relays ?? usages.relays].flatMap((relay) => {
      const said = usages.said(relay);
      if (said === undefined) return [{ relay, tenants: [], age_ms: 0 }];
      return [{ relay, tenants: [...said.tenants], age_ms: Math.max(0, now() - said.heardAt) }];
    });
  }

  /** Takes a message, and says what its sender lacks. */
  async take({ entries, usages, kicks, all }: AccessMessage): Promise<AccessMessageAnswer> {
    for (const kick of kicks) this.#options.kick(kick);
    const now = this.#options.now();
    for (const { relay, tenants, age_ms: age } of usages) {
      this.#options.usages.take({ relay, tenants, heardAt: now - age });
    }
    await this.merge(entries);
    const sent = new Map(entries.map((entry) => [accessKey(entry), accessText(entry)]));
    const lacking = this.entries(all ? undefined : sent.keys())
      .filter((entry) => sent.get(accessKey(entry)) !== accessText(entry));
    return { digest: this.digest(), entries: lacking };
  }

  /** Merges what another controller knows. */
  async merge(entries: readonly AccessEntry[]): Promise<void> {
    if (entries.length > 0) await this.#options.adopt(entries);
  }
}
