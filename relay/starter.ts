import * as z from "zod";
import {
  type Certificate,
  type CertificateEvents,
  type CertificatePair,
  type CertificateSource,
  inspectCertificate,
  messageOf,
  StartError,
} from "@qumo/shared/runtime";

/** The characters of a line: a certificate and its key have about a thousand. */
const MAX_LINE = 65_536;

const pairSchema = z.strictObject({ certificate: z.string(), key: z.string() });

/** A certificate in the line by which a member gets it. */
export function certificateLine({ certificate, key }: CertificatePair): string {
  return `${JSON.stringify({ certificate, key })}\n`;
}

/**
 * The process that started this one as a member of its machine, at the other end of the standard
 * input. Each line there is a certificate, so that no argument, variable or file has the key.
 */
export class Starter {
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  readonly #first = Promise.withResolvers<void>();
  #line = "";
  #onLine = (): void => {};

  constructor(input: Promise<ReadableStream<Uint8Array>>) {
    // An input that cannot be read says no more than one that has ended.
    this.gone = this.#read(input).catch(() => {});
  }

  /** The certificate that all members have. Rejects with a {@linkcode StartError}. */
  async certificates(events: CertificateEvents): Promise<CertificateSource> {
    const isGone = await Promise.race([this.#first.promise, this.gone.then(() => true)]);
    if (isGone) throw new StartError("the process that started this member is gone");
    let current: Certificate;
    try {
      current = readLine(this.#line);
    } catch (error) {
      throw new StartError(`no certificate from who started this member: ${messageOf(error)}`);
    }
    const source = {
      current,
      // Who starts the members renews it by itself.
      reload: () => Promise.resolve(false),
      close: () => void (this.#onLine = () => {}),
    };
    this.#onLine = () => {
      try {
        const next = readLine(this.#line);
        events.onChange(next);
        source.current = next;
      } catch (error) {
        events.onRefused(messageOf(error));
      }
    };
    return source;
  }

  async #read(input: Promise<ReadableStream<Uint8Array>>): Promise<void> {
    const decoder = new TextDecoder();
    let text = "";
    for await (const bytes of await input) {
      const lines = (text + decoder.decode(bytes, { stream: true })).split("\n");
      text = lines.pop()!.slice(0, MAX_LINE);
      for (const line of lines) this.#take(line);
    }
  }

  #take(line: string): void {
    this.#line = line;
    this.#first.resolve();
    this.#onLine();
  }
}

function readLine(line: string): Certificate {
  return inspectCertificate(pairSchema.parse(JSON.parse(line)));
}
