import { createPrivateKey } from "node:crypto";
import {
  Backoff,
  type Certificate,
  type CertificateEvents,
  type CertificateSource,
  type Clock,
  type Log,
  messageOf,
  sleep,
  TaskGroup,
} from "@qumo/shared/runtime";
import { AcmeError } from "./acme_error.ts";
import type { Challenges } from "./challenges.ts";
import type { SecretFolder } from "./folder.ts";
import { FIRST_RETRY_MS, MAX_REASON_CHARACTERS, MAX_RETRY_MS } from "./limits.ts";
import { pairFromText, pairToText } from "./stored_certificate.ts";

/** Orders of certificates, by what came of them. */
export type OrderCounts = Record<"ok" | "failed", number>;

/** What certificates by ACME are had with. */
export interface AcmeParts {
  readonly domains: readonly string[];
  readonly email: string;
  readonly directoryUrl: string;
  readonly folder: Pick<SecretFolder, "read" | "write">;
  readonly challenges: Challenges;
  readonly fetch: typeof fetch;
  readonly events: Pick<CertificateEvents, "onChange">;
  readonly counts: OrderCounts;
  readonly clock: Clock;
  readonly log: Log;
  /** Called at the end. */
  readonly onClose?: () => Promise<void>;
  /** A number from 0 up to but not including 1. */
  readonly random: () => number;
}

/** A certificate that an authority gives, renewed before it ends. */
export class AcmeCertificates implements CertificateSource {
  readonly #parts: AcmeParts;
  readonly #tasks: TaskGroup;
  readonly #backoff: Backoff;
  readonly #first = Promise.withResolvers<void>();
  #fallback: CertificateSource | undefined;
  #own: Certificate | undefined;
  #retryMs = 0;
  #closing: Promise<void> | undefined;

  private constructor(parts: AcmeParts) {
    this.#parts = parts;
    const { clock, log, random } = parts;
    this.#tasks = new TaskGroup((task, error) => log.error(`${task} failed`, { error }));
    const patience = { first: FIRST_RETRY_MS, cap: MAX_RETRY_MS, healthyAfter: 0, random };
    this.#backoff = new Backoff(patience, clock);
  }

  /**
   * Begins with the stored certificate, if there is one that has not ended. Without one `fallback` is
   * shown until the authority has given one; without that either, `ready` says when.
   */
  static async open(
    parts: AcmeParts,
    fallback?: () => Promise<CertificateSource>,
  ): Promise<AcmeCertificates> {
    const source = new AcmeCertificates(parts);
    source.#own = await source.#stored();
    if (source.#own === undefined) source.#fallback = await fallback?.();
    else source.#first.resolve();
    source.#tasks.spawn("renewing the certificate", (signal) => source.#renew(signal));
    return source;
  }

  /** Resolves when the authority has given a certificate. */
  get ready(): Promise<void> {
    return this.#first.promise;
  }

  /** Whether the certificate is one that the authority has given. */
  get isOwn(): boolean {
    return this.#own !== undefined;
  }

  get current(): Certificate {
    const current = this.#own ?? this.#fallback?.current;
    if (current === undefined) throw new Error("There is no certificate yet");
    return current;
  }

  /** Does nothing: nobody else changes it. */
  reload(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    const { onClose } = this.#parts;
    await Promise.all([this.#fallback?.close(), this.#tasks.close(), onClose?.()]);
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { clock } = this.#parts;
    while (!signal.aborted) {
      const wait = this.#own === undefined ? 0 : this.#renewAt(this.#own) - clock.wall();
      if (wait > 0) await sleep(clock, wait, signal);
      while (!signal.aborted && !await this.#order(signal)) {
        await sleep(clock, this.#retryMs, signal);
      }
    }
  }

  /** Orders a certificate and uses it; false when that failed, or no good comes of the next one. */
  async #order(signal: AbortSignal): Promise<boolean> {
    const { folder, events, counts, domains, clock, log } = this.#parts;
    try {
      // The library is large, and seldom needed: not while a stored certificate is young.
      const { newKey, orderCertificate } = await import("./order.ts");
      const accountKey = await this.#accountKey(newKey);
      const text = pairToText(await orderCertificate({ ...this.#parts, accountKey, signal }));
      const next = pairFromText(text, domains);
      // It is good although the disk is full.
      await folder.write(CERTIFICATE, text).catch((error) =>
        log.warn("the certificate could not be stored", { reason: messageOf(error) })
      );
      events.onChange(next);
      this.#own = next;
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
      return signal.aborted;
    }
    counts.ok++;
    void this.#fallback?.close();
    this.#fallback = undefined;
    this.#first.resolve();
    if (this.#renewAt(this.#own) <= clock.wall()) {
      this.#failed(new AcmeError("it is to be renewed at once: see whether this clock is right"));
      return false;
    }
    this.#backoff.succeeded();
    return true;
  }

  #failed(error: unknown): void {
    const { counts, log } = this.#parts;
    counts.failed++;
    const asked = error instanceof AcmeError ? error.retryAfterMs ?? 0 : 0;
    this.#retryMs = Math.min(MAX_RETRY_MS, Math.max(this.#backoff.failed(), asked));
    log.warn("no certificate by ACME, what there is stays in use", {
      reason: messageOf(error).slice(0, MAX_REASON_CHARACTERS),
      retry_in_ms: Math.round(this.#retryMs),
      ...(this.#own && { until: new Date(this.#own.notAfter).toISOString() }),
    });
  }

  /** After two thirds of its time, and some of them earlier, so that not all come at once. */
  #renewAt({ notBefore, notAfter }: Certificate): number {
    const lifetime = notAfter - notBefore;
    return notBefore + lifetime * (2 / 3 - this.#parts.random() / 30);
  }

  async #stored(): Promise<Certificate | undefined> {
    const { folder, domains, clock, log } = this.#parts;
    try {
      const text = await folder.read(CERTIFICATE);
      const stored = text === undefined ? undefined : pairFromText(text, domains);
      return stored !== undefined && stored.notAfter > clock.wall() ? stored : undefined;
    } catch (error) {
      log.warn("the stored certificate cannot be used", { reason: messageOf(error) });
      return undefined;
    }
  }

  async #accountKey(make: () => Promise<string>): Promise<string> {
    const { folder } = this.#parts;
    const stored = await folder.read(ACCOUNT);
    if (stored !== undefined) {
      if (!isKey(stored)) throw new Error(`${ACCOUNT} in its folder is no private key`);
      return stored;
    }
    const key = await make();
    await folder.write(ACCOUNT, key);
    return key;
  }
}

const ACCOUNT = "account.pem";
const CERTIFICATE = "certificate.pem";

function isKey(text: string): boolean {
  try {
    return createPrivateKey(text).type === "private";
  } catch {
    return false;
  }
}
