import { type Outcome, refused } from "@qumo/shared/runtime";
import type { Log } from "@qumo/shared/runtime";
import type { Process } from "../process.ts";
import type { Target } from "./target.ts";

/** Flags beside those that say how the relay is called. */
export interface Flags {
  readonly json: boolean;
  readonly follow: boolean;
  readonly output?: string | undefined;
  readonly raw: boolean;
  readonly wait: boolean;
  readonly retry?: string | undefined;
  readonly loop: boolean;
  readonly "as-fast-as-possible": boolean;
  readonly fps?: string | undefined;
  readonly publishers?: string | undefined;
  readonly subscribers?: string | undefined;
  readonly tracks?: string | undefined;
  readonly size?: string | undefined;
  readonly rate?: string | undefined;
  readonly group?: string | undefined;
  readonly duration?: string | undefined;
}

/** A command as it was called. */
export interface Call {
  /** What stands behind the URL. */
  readonly words: readonly string[];
  readonly flags: Flags;
  readonly target: Target;
  /** The target with the certificate that the relay says it has now, where that is to be taken. */
  readonly resolveTarget: () => Promise<Target>;
  readonly process: Process;
  readonly log: Log;
  /** Is aborted by Ctrl-C. */
  readonly signal: AbortSignal;
}

/** Why a command did not do what it was called for, and what the program then exits with. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** What programs find in the exit code; 0 is done. */
export const EXIT = { refused: 1, usage: 2, noRelay: 3, notFound: 4 } as const;

/** A command that calls a relay. */
export interface ClientCommand {
  readonly name: string;
  /** The words behind the URL, for `--help`. */
  readonly usage: string;
  readonly summary: string;
  readonly flags: readonly (keyof Flags)[];
  /** How many words it takes behind the URL. */
  readonly words: readonly [least: number, most: number];
  readonly run: (call: Call) => Promise<Outcome<undefined, Failure>>;
}

/** A command ends with this code, and says why. */
export function failed(text: string, code: number = EXIT.refused): Outcome<never, Failure> {
  return refused({ text, code });
}
