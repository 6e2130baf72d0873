import {
  type Certificate,
  type CertificateEvents,
  type CertificateSource,
  inspectCertificate,
} from "./certificates.ts";
import { type Clock, systemClock, type Timer } from "./clock.ts";

/** Where the PEM files are and how to look at them. */
export interface CertificateFiles {
  readonly certificatePath: string;
  readonly keyPath: string;
  readonly readText: (path: string) => Promise<string>;
  /** When the file was last written, in milliseconds since 1970; any change of the number counts. */
  readonly modified: (path: string) => Promise<number>;
  /** Milliseconds between two looks at the files. */
  readonly pollInterval?: number;
}

/** How certificates are read from the disk. */
export type FileAccess = Pick<CertificateFiles, "readText" | "modified">;

/**
 * Takes the certificate from PEM files and follows them as they change. A pair that cannot be used
 * is refused once and the old one stays: tools write the two files one after the other. Rejects with
 * an Error for the operator when the first pair cannot be used.
 */
export async function certificateFiles(
  files: CertificateFiles,
  events: CertificateEvents,
  clock: Clock = systemClock,
): Promise<CertificateSource> {
  const seen = await stamp(files);
  return new WatchedFiles(files, events, clock, seen, await readPair(files, clock));
}

class WatchedFiles implements CertificateSource {
  current: Certificate;
  readonly #files: CertificateFiles;
  readonly #events: CertificateEvents;
  readonly #clock: Clock;
  #seen: string;
  #timer: Timer;
  #closed = false;

  constructor(
    files: CertificateFiles,
    events: CertificateEvents,
    clock: Clock,
    seen: string,
    first: Certificate,
  ) {
    this.#files = files;
    this.#events = events;
    this.#clock = clock;
    this.#seen = seen;
    this.current = first;
    this.#timer = this.#arm();
  }

  async reload(): Promise<boolean> {
    try {
      // Read the stamp first: a write in between is then seen at the next check.
      this.#seen = await stamp(this.#files);
      const next = await readPair(this.#files, this.#clock);
      const same = next.certificate === this.current.certificate && next.key === this.current.key;
      if (this.#closed || same) return false;
      this.#events.onChange(next);
      this.current = next;
      return true;
    } catch (error) {
      if (!this.#closed) {
        this.#events.onRefused(error instanceof Error ? error.message : `${error}`);
      }
      return false;
    }
  }

  close(): void {
    this.#closed = true;
    this.#timer.cancel();
  }

  #arm(): Timer {
    return this.#clock.after(this.#files.pollInterval ?? POLL_INTERVAL, () => void this.#poll());
  }

  async #poll(): Promise<void> {
    // Files that cannot be read are being replaced; reload() would log that each time.
    const now = await stamp(this.#files).catch(() => this.#seen);
    if (now !== this.#seen) await this.reload();
    if (!this.#closed) this.#timer = this.#arm();
  }
}

async function stamp({ modified, certificatePath, keyPath }: CertificateFiles): Promise<string> {
  return `${await modified(certificatePath)} ${await modified(keyPath)}`;
}

async function readPair(files: CertificateFiles, clock: Clock): Promise<Certificate> {
  const certificate = inspectCertificate({
    certificate: await files.readText(files.certificatePath),
    key: await files.readText(files.keyPath),
  });
  if (certificate.notAfter <= clock.wall()) {
    const end = new Date(certificate.notAfter).toISOString();
    throw new Error(`Cannot use ${files.certificatePath}: it ended on ${end}`);
  }
  return certificate;
}

// Certificates are replaced days before they end, so a minute is soon enough and costs nothing.
const POLL_INTERVAL = 60_000;
