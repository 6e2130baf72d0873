import {
  type Certificate,
  type CertificateEvents,
  type CertificatePair,
  type CertificateSource,
  type Clock,
  inspectCertificate,
  systemClock,
  type Timer,
} from "@qumo/shared/runtime";
import { pem } from "./der.ts";
import { newKeys, selfSigned } from "./self_signed.ts";

/** Days that a generated certificate is valid: browsers accept a pinned hash for at most 14. */
const GENERATED_DAYS = 13;

/**
 * Generates a self-signed ECDSA P-256 certificate for these names and IP addresses; browsers accept
 * it by its hash.
 */
export async function generateCertificate(
  hosts: readonly string[],
  clock: Clock = systemClock,
): Promise<Certificate> {
  const keys = await newKeys();
  const notBefore = clock.wall() - CLOCK_SKEW;
  const notAfter = notBefore + GENERATED_DAYS * DAY;
  const leaf = await selfSigned({ hosts, serial: serialNumber(), notBefore, notAfter }, keys);
  const key = new Uint8Array(await crypto.subtle.exportKey("pkcs8", keys.privateKey));
  const pair: CertificatePair = {
    certificate: pem("CERTIFICATE", leaf),
    key: pem("PRIVATE KEY", key),
  };
  return inspectCertificate(pair);
}

/** A generated certificate that is replaced a day before it expires. */
export async function generatedCertificates(
  hosts: readonly string[],
  events: CertificateEvents,
  clock: Clock = systemClock,
): Promise<CertificateSource> {
  return new GeneratedCertificates(hosts, events, clock, await generateCertificate(hosts, clock));
}

class GeneratedCertificates implements CertificateSource {
  current: Certificate;
  readonly #hosts: readonly string[];
  readonly #events: CertificateEvents;
  readonly #clock: Clock;
  #timer: Timer;
  #closed = false;

  constructor(
    hosts: readonly string[],
    events: CertificateEvents,
    clock: Clock,
    first: Certificate,
  ) {
    this.#hosts = hosts;
    this.#events = events;
    this.#clock = clock;
    this.current = first;
    this.#timer = this.#arm();
  }

  /** Does nothing: a new certificate would invalidate the hash that clients have. */
  reload(): Promise<boolean> {
    return Promise.resolve(false);
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  #arm(): Timer {
    const delay = this.current.notAfter - DAY - this.#clock.wall();
    return this.#clock.after(delay, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    try {
      const next = await generateCertificate(this.#hosts, this.#clock);
      if (this.#closed) return;
      this.#events.onChange(next);
      this.current = next;
      this.#timer = this.#arm();
    } catch (error) {
      if (this.#closed) return;
      this.#timer = this.#clock.after(RETRY, () => void this.#renew());
      this.#events.onRefused(`Cannot renew certificate: ${error}`);
    }
  }
}

function serialNumber(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes;
}

const DAY = 24 * 60 * 60 * 1000;
// Renewal starts a day before expiry, which leaves time for many attempts.
const RETRY = 60_000;
// Clients' clocks may be slow, and refuse a certificate that is not valid yet.
const CLOCK_SKEW = 60 * 60 * 1000;
