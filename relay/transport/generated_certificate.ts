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

/** Days that a generated certificate is valid: browsers accept a pinned hash for at most 14. */
const GENERATED_DAYS = 13;

/**
 * Makes a self-signed ECDSA P-256 certificate for these names and IP addresses, of the kind that a
 * browser accepts when it is given the hash.
 */
export async function generateCertificate(
  hosts: readonly string[],
  clock: Clock = systemClock,
): Promise<Certificate> {
  // Loaded where it is needed: it takes half a second and 20 MB, which PEM files spare a relay.
  await import("reflect-metadata");
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const notBefore = clock.wall() - CLOCK_SKEW;
  const leaf = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=qumo",
    serialNumber: serialNumber(),
    notBefore: new Date(notBefore),
    notAfter: new Date(notBefore + GENERATED_DAYS * DAY),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      // Deno's own client refuses a CA in the place of a server.
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        hosts.map((value) => ({ type: isAddress(value) ? "ip" as const : "dns" as const, value })),
      ),
    ],
  });
  const key = await crypto.subtle.exportKey("pkcs8", keys.privateKey);
  const pair: CertificatePair = {
    certificate: leaf.toString("pem"),
    key: x509.PemConverter.encode(key, "PRIVATE KEY"),
  };
  return inspectCertificate(pair);
}

/** A generated certificate that is replaced a day before it ends. */
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

  /** Nothing outside can change it, and a new one would void the hashes that clients hold. */
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

function serialNumber(): string {
  // Positive in DER: the first bit is clear.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0]! & 0x7f | 0x40;
  return bytes.toHex();
}

function isAddress(host: string): boolean {
  return host.includes(":") || /^\d+(\.\d+){3}$/.test(host);
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const DAY = 24 * 60 * 60 * 1000;
// A day is left when renewal begins, so there is time for many tries.
const RETRY = 60_000;
// Clients' clocks are a little off; a certificate from the future is refused.
const CLOCK_SKEW = 60 * 60 * 1000;
