import type { ConfigAccess, FileAccess, Process as AnyProcess } from "@qumo/shared/runtime";
import type { MemberProcess } from "./group.ts";
import type { Usage } from "./ops/snapshot.ts";
import type { Starter } from "./starter.ts";

/** Where bytes are written. */
export interface BinaryOutput {
  /** Writes all of them; rejects when that fails, or nobody reads any more. */
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
}

/** The relay's interface to the operating system and the runtime. */
export interface Process extends AnyProcess, ConfigAccess, FileAccess {
  /** Whether Deno's QUIC API is enabled. */
  readonly hasQuic: boolean;
  /** The host name of the machine. */
  readonly hostname: () => string;
  readonly usage: () => Usage;
  /** Starts this program in another process, with these arguments. */
  readonly spawn: (args: readonly string[]) => MemberProcess;
  /** Gives up the permission to run other programs, for all that comes. */
  readonly forgoSpawn: () => Promise<void>;
  /** Gives up the permission to write files, for all that comes. */
  readonly forgoWriting: () => Promise<void>;
  /** What started this process as a member of its machine; absent: nothing did. */
  readonly starter?: Starter;
  /** Opens a file to be read; `-` is the standard input. */
  readonly openInput: (path: string) => Promise<ReadableStream<Uint8Array>>;
  /** Opens a file to be written anew; `-` is the standard output. */
  readonly openOutput: (path: string) => Promise<BinaryOutput>;
  /** Binds a port for a moment; the reason why that does not work, or undefined. */
  readonly tryBind: (kind: "udp" | "tcp", address: string) => string | undefined;
}
