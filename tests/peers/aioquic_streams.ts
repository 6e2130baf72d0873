import {
  type Code,
  type ReceiveStream,
  type SendStream,
  TransportError,
} from "../../relay/transport/mod.ts";

/** Tells the script what to do. */
type Command = (command: { readonly do: string; readonly [field: string]: unknown }) => void;

/** The half of a stream that `aioquic` writes. */
export class OutgoingHalf implements SendStream {
  /** The stream's number on the connection. */
  readonly id: number;
  /** Resolves with the code when the peer sends STOP_SENDING. */
  readonly stopped: Promise<Code>;
  priority = 0;
  readonly #command: Command;
  readonly #stopped = Promise.withResolvers<Code>();
  #failure: TransportError | undefined;

  constructor(id: number, command: Command) {
    this.id = id;
    this.#command = command;
    this.stopped = this.#stopped.promise;
  }

  write(bytes: Uint8Array): Promise<void> {
    return this.#do({ do: "write", stream: this.id, bytes: bytes.toBase64() });
  }

  finish(): Promise<void> {
    return this.#do({ do: "finish", stream: this.id });
  }

  /** RESET_STREAM, at once: bytes that are not sent yet never will be. */
  reset(code: Code): void {
    this.#command({ do: "reset", stream: this.id, code });
  }

  /** The peer has sent STOP_SENDING; `aioquic` answers with RESET_STREAM by itself. */
  stop(code: Code): void {
    this.#stopped.resolve(code);
    this.fail(new TransportError("stopped", code, `The peer stopped the stream with ${code}`));
  }

  /** From now on every write fails with this. */
  fail(failure: TransportError): void {
    this.#failure ??= failure;
  }

  #do(command: Parameters<Command>[0]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#command(command);
    return Promise.resolve();
  }
}

/** The half of a stream that `aioquic` reads. */
export class IncomingHalf implements ReceiveStream {
  /** The stream's number on the connection. */
  readonly id: number;
  readonly #command: Command;
  readonly #parts: Uint8Array[] = [];
  #end: "fin" | TransportError | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(id: number, command: Command) {
    this.id = id;
    this.#command = command;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const part = this.#parts.shift();
      if (part !== undefined) {
        if (part.length > into.length) this.#parts.unshift(part.subarray(into.length));
        const taken = part.subarray(0, into.length);
        into.set(taken);
        return into.subarray(0, taken.length);
      }
      if (this.#end === "fin") return undefined;
      if (this.#end !== undefined) throw this.#end;
      await this.#changed.promise;
    }
  }

  /** STOP_SENDING. */
  stop(code: Code): void {
    this.#command({ do: "stop", stream: this.id, code });
  }

  /** Bytes have come. */
  push(bytes: Uint8Array, fin: boolean): void {
    if (bytes.length > 0) this.#parts.push(bytes);
    if (fin) this.#end ??= "fin";
    this.#wake();
  }

  /** No more will come, because of this. */
  fail(failure: TransportError): void {
    this.#end ??= failure;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
