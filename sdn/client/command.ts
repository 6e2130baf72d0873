import { done, type Outcome, refused } from "@qumo/shared/runtime";
import type { ControllerApi } from "./api.ts";
import type { ClientProcess } from "./client_process.ts";

/** Flags beside those that say where the controller is. */
export interface Flags {
  readonly json: boolean;
  readonly yes: boolean;
  readonly follow: boolean;
  readonly explain: boolean;
  readonly once: boolean;
  readonly since?: string | undefined;
  readonly limit?: string | undefined;
  readonly reason?: string | undefined;
  readonly for?: string | undefined;
  readonly relay?: string | undefined;
  readonly sessions?: string | undefined;
  readonly tracks?: string | undefined;
  readonly ingress?: string | undefined;
  readonly egress?: string | undefined;
  readonly regions?: string | undefined;
}

/** A command as it was called. */
export interface Call {
  readonly words: readonly string[];
  readonly flags: Flags;
  readonly api: ControllerApi;
  readonly process: ClientProcess;
  /** Is aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  readonly print: (text: string) => void;
}

/** Why a command did not do what it was called for, and what the program then exits with. */
export interface Failure {
  readonly text: string;
  readonly code: number;
}

/** What programs find in the exit code; 0 is done. */
export const EXIT = { refused: 1, usage: 2, notConfirmed: 3 } as const;

/** A command that asks a controller. */
export interface ClientCommand {
  readonly name: string;
  /** The words behind it, for `--help`. */
  readonly usage: string;
  readonly summary: string;
  /** What its first word can be, where that is one of a list. */
  readonly choices?: readonly string[];
  /** Its flags. */
  readonly flags?: readonly (keyof Flags)[];
  /** How many words it takes. */
  readonly words: readonly [least: number, most: number];
  readonly run: (call: Call) => Promise<Outcome<undefined, Failure>>;
}

/** A failure of the controller's making. */
export function failed(text: string): Outcome<never, Failure> {
  return refused({ text, code: EXIT.refused });
}

/** A failure of the one who wrote the command. */
export function misused(text: string): Outcome<never, Failure> {
  return refused({ text, code: EXIT.usage });
}

/** Prints an answer: as it is for programs, and in words for people. */
export function printAnswer<T>(
  { flags, print }: Call,
  answer: Outcome<T, string>,
  words: (value: T) => string,
): Outcome<undefined, Failure> {
  if (!answer.ok) return failed(answer.refusal);
  print(flags.json ? `${JSON.stringify(answer.value, undefined, 2)}\n` : words(answer.value));
  return done(undefined);
}

/** Asks before something ends, unless `--yes` was said; nobody there to be asked is a no. */
export function confirmed(
  { flags, process }: Call,
  question: string,
): Outcome<undefined, Failure> {
  if (flags.yes) return done(undefined);
  const answer = process.confirm(question);
  if (answer === true) return done(undefined);
  const text = answer === undefined
    ? `${question} Nobody is there to be asked: say --yes`
    : "Not done";
  return refused({ text, code: EXIT.notConfirmed });
}
