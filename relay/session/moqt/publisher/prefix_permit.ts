import { done, type Outcome } from "@qumo/shared/runtime";
import type { FullTrackName, Namespace, Token } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { RequestPermit } from "../connection/access.ts";
import type { Update } from "../requests/updates.ts";

/** Asks whether the peer may watch a prefix, with these tokens. */
type Ask = (
  prefix: Namespace,
  tokens: readonly Token[] | undefined,
) => Promise<Outcome<RequestPermit, Refusal>>;

/** What allows the peer to watch a prefix, which it may move, with other tokens too. */
export class PrefixPermit implements Pick<RequestPermit, "shows" | "offers" | "onChange"> {
  readonly #ask: Ask;
  #permit: RequestPermit;
  /** Those that were shown last. */
  #tokens: readonly Token[] | undefined;
  #tell: (refusal: Refusal) => void = () => {};
  #tellChanged: () => void = () => {};

  private constructor(ask: Ask, permit: RequestPermit, tokens: readonly Token[] | undefined) {
    this.#ask = ask;
    this.#permit = permit;
    this.#tokens = tokens;
  }

  /** The permit for a request with this prefix, unless that is refused. */
  static async of(
    ask: Ask,
    prefix: Namespace,
    tokens: readonly Token[] | undefined,
  ): Promise<Outcome<PrefixPermit, Refusal>> {
    const allowed = await ask(prefix, tokens);
    return allowed.ok ? done(new PrefixPermit(ask, allowed.value, tokens)) : allowed;
  }

  shows(namespace: Namespace): boolean {
    return this.#permit.shows(namespace);
  }

  offers(track: FullTrackName): RequestPermit | undefined {
    return this.#permit.offers(track);
  }

  onLost(tell: (refusal: Refusal) => void): void {
    this.#tell = tell;
    this.#permit.onLost(tell);
  }

  onChange(tell: () => void): void {
    this.#tellChanged = tell;
    this.#permit.onChange(tell);
  }

  /** Takes up what an update says: its tokens are for the prefix that it moves to. */
  async update({ namespacePrefix: prefix, authorizationTokens }: Update): Promise<
    Outcome<void, Refusal>
  > {
    const tokens = authorizationTokens ?? this.#tokens;
    if (prefix === undefined) {
      const renewed = await this.#permit.renew(authorizationTokens);
      if (renewed.ok) this.#tokens = tokens;
      return renewed;
    }
    const allowed = await this.#ask(prefix, tokens);
    if (!allowed.ok) return allowed;
    const before = this.#permit;
    this.#permit = allowed.value;
    this.#tokens = tokens;
    // First the new one, so that there is something that the peer may do all the time.
    this.#permit.onLost(this.#tell);
    this.#permit.onChange(this.#tellChanged);
    before.release();
    return done(undefined);
  }

  release(): void {
    this.#permit.release();
  }
}
