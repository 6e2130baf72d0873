import type { Outcome } from "@qumo/shared/runtime";
import type { Draft, SetupOptions } from "@qumo/shared/wire";
import type { Refusal } from "../../track/mod.ts";
import {
  DialectSession,
  type Dialogue,
  type LiveSession,
  type SessionParts,
} from "../dialect_session.ts";
import type { SessionShutdown } from "../connection/session_shutdown.ts";
import { MAX_AUTH_TOKEN_CACHE_BYTES } from "../limits.ts";
import type { Rights } from "../rights.ts";
import type { Session } from "../session.ts";
import type { SessionOptions } from "../session_options.ts";
import type { Options } from "./collaborators.ts";
import { admit, enter, ownSetup } from "./connection/handshake.ts";
import { withoutMesh } from "./connection/relay_peer.ts";
import { SessionScopes } from "./connection/session_scopes.ts";
import { TokenCache } from "./connection/token_cache.ts";
import { EstablishedMoqt } from "./established.ts";
import { type Family, familyOf } from "./families.ts";
import { RequestIds } from "./requests/request_ids.ts";

/** A session of a draft of MoQT over one connection. */
export function moqtSession(options: SessionOptions, draft: Draft): Session {
  return new DialectSession(options, {
    protocol: draft.protocol,
    sessionCodes: draft.sessionCodes,
    speak: (parts) => new MoqtDialogue({ ...options, draft }, parts),
  });
}

/** How a draft of MoQT begins a session, and leaves it. */
class MoqtDialogue implements Dialogue<SetupOptions> {
  readonly peerSetup: Promise<SetupOptions>;
  readonly #options: Options;
  readonly #parts: SessionParts;
  readonly #scopes: SessionScopes;
  readonly #tokens = new TokenCache(MAX_AUTH_TOKEN_CACHE_BYTES);
  readonly #ids: RequestIds;
  readonly #family: Family;

  constructor(options: Options, parts: SessionParts) {
    const { role, registry, relayName } = options;
    const { closer, tasks, onGoaway } = parts;
    this.#options = options;
    this.#parts = parts;
    this.#scopes = new SessionScopes(registry);
    this.#ids = new RequestIds(role);
    this.#family = familyOf({
      ...options,
      tasks,
      ids: this.#ids,
      onGoaway: ({ timeout }) => onGoaway({ timeout }),
      giveUp: (reason) => closer.close("control_message_timeout", reason, "limit"),
    });
    const { peerSetup } = this.#family.control;
    // To who is not told our name we are no relay, and it is none to us.
    this.peerSetup = relayName === undefined ? peerSetup.then(withoutMesh) : peerSetup;
  }

  begin(token: string | undefined): void {
    this.#family.control.begin(ownSetup(this.#options, token), this.#parts.streams);
  }

  admit(peer: SetupOptions): Promise<Outcome<Rights, Refusal>> {
    return admit(this.#options, peer, this.#tokens);
  }

  establish(peer: SetupOptions, rights: Rights, shutdown: SessionShutdown): LiveSession {
    const scopes = this.#scopes;
    const result = enter(this.#options, peer, { scopes, tokens: this.#tokens, rights });
    return new EstablishedMoqt(this.#options, result, {
      ...this.#parts,
      scopes,
      ids: this.#ids,
      shutdown,
      family: this.#family,
    });
  }

  goaway(uri: string, timeoutMs: number): Promise<void> {
    return this.#family.control.goaway(uri, timeoutMs, this.#ids.peerNext);
  }

  leave(): void {
    this.#scopes.leave();
  }
}
