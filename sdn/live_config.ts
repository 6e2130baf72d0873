import type { LiveKeys } from "@qumo/shared/runtime";
import { LIVE_KEYS } from "./config/live_keys.ts";
import type { SdnConfig } from "./config/settings.ts";
import { readAccess, readPeerToken } from "./from_config.ts";
import type { Authenticate } from "./http/auth.ts";
import { type PageGuard, pageGuard } from "./http/page_guard.ts";
import type { RateLimit } from "./http/rate_limit.ts";
import type { Process } from "./process.ts";

/** What a controller reads at each use, because its configuration may have changed. */
export class LiveSettings {
  readonly #process: Process;
  #access: Access;
  #rateLimit: RateLimit;
  #peerToken: string;

  private constructor(
    process: Process,
    { access, rateLimit, peerToken }: { access: Access; rateLimit: RateLimit; peerToken: string },
  ) {
    this.#process = process;
    this.#access = access;
    this.#rateLimit = rateLimit;
    this.#peerToken = peerToken;
  }

  /** Reads the files of tokens. Rejects when one cannot be read. */
  static async read(config: SdnConfig, process: Process): Promise<LiveSettings> {
    return new LiveSettings(process, {
      access: await accessOf(config, process),
      rateLimit: rateLimitOf(config),
      peerToken: await readPeerToken(config, process),
    });
  }

  readonly authenticate: Authenticate = (authorization) => this.#access.authenticate(authorization);

  readonly guard: PageGuard = (request) => this.#access.guard?.(request);

  readonly rateLimit = (): RateLimit => this.#rateLimit;

  readonly peerToken = (): string => this.#peerToken;

  /** How each key of {@linkcode LIVE_KEYS} is taken over, but for those of the log. */
  get keys(): LiveKeys<SdnConfig>[] {
    return [
      {
        keys: LIVE_KEYS.access,
        dependsOn: ["server.address"],
        readsFiles: true,
        prepare: async (config) => {
          const access = await accessOf(config, this.#process);
          return () => void (this.#access = access);
        },
      },
      {
        keys: LIVE_KEYS.rates,
        prepare: (config) => () => void (this.#rateLimit = rateLimitOf(config)),
      },
      {
        keys: LIVE_KEYS.peerToken,
        readsFiles: true,
        prepare: async (config) => {
          const token = await readPeerToken(config, this.#process);
          return () => void (this.#peerToken = token);
        },
      },
    ];
  }
}

/** Who may do what. */
interface Access {
  readonly authenticate: Authenticate;
  readonly guard: PageGuard | undefined;
}

async function accessOf(config: SdnConfig, process: Process): Promise<Access> {
  return {
    authenticate: await readAccess(config, process),
    guard: config.auth.mode === "token" ? undefined : pageGuard(config.server.allowedHosts),
  };
}

function rateLimitOf({ server }: SdnConfig): RateLimit {
  return { perSecond: server.requestsPerSecond, burst: server.requestBurst };
}
