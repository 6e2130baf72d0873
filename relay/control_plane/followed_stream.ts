import type { ControllerFault } from "./controller_client.ts";

/**
 * Why a stream ended: its revision is gone from the history, another controller is preferred, the
 * controller has no stream and was polled, or has no room for now, or refuses it, or the stream hangs
 * while a controller answers at `url`, or it failed.
 */
export type End =
  | { readonly kind: "gone" }
  | { readonly kind: "left" }
  | { readonly kind: "polled" }
  | { readonly kind: "put_off"; readonly message: string; readonly retryAfterMs: number }
  | {
    readonly kind: "stuck";
    readonly message: string;
    readonly url: string;
    readonly isDelayed: boolean;
  }
  | {
    readonly kind: "refused";
    readonly message: string;
    readonly retryAfterMs: number | undefined;
  }
  | { readonly kind: "failed"; readonly message: string };

/** The event stream that is being followed. */
export interface Stream {
  readonly url: string;
  /** The revision after which it goes on; undefined when it begins with a snapshot. */
  readonly since: number | undefined;
  readonly abort: AbortController;
  isLeft: boolean;
  /** Whether the controller was away when a stream was asked for before. */
  readonly wasAway: boolean;
  /** Whether the controller has answered at all. */
  isAnswered: boolean;
  /** Whether it was soon quiet although the controller answered all the time. */
  isDelayed: boolean;
  /** The controller that answers while the stream hangs. */
  answering?: string;
  /** Whether it tells what the controller says about access. */
  hasAccess: boolean;
}

/** A stream of the controller at `url` that is to be opened. */
export function newStream(
  url: string,
  { since, wasAway }: Pick<Stream, "since" | "wasAway">,
): Stream {
  const abort = new AbortController();
  const is = { isAnswered: false, isDelayed: false, isLeft: false };
  return { url, since, abort, wasAway, ...is, hasAccess: false };
}

/** Ends a stream that is not wanted any more, though nothing is wrong with it. */
export function leave(stream: Stream): void {
  stream.isLeft = true;
  stream.abort.abort();
}

/** The history does not reach back to where the stream is to go on. */
export const GONE: End = { kind: "gone" };
/** The stream was left for another, or to begin anew. */
export const LEFT: End = { kind: "left" };
/** The controller has no stream and was polled. */
export const POLLED: End = { kind: "polled" };

/** The end of a stream that failed. */
export function failed(message: string): End {
  return { kind: "failed", message };
}

/** The end of a stream that broke, or that was ended because it hung. */
export function broken({ answering: url, isDelayed }: Stream, message: string): End {
  return url === undefined ? failed(message) : { kind: "stuck", message, url, isDelayed };
}

/** The end of a stream that a controller or a proxy did not open. */
export function notOpened(stream: Stream, { code, message, retryAfterMs }: ControllerFault): End {
  if (stream.answering !== undefined) return broken(stream, message);
  if (code === "rate_limited") return { kind: "put_off", message, retryAfterMs: retryAfterMs ?? 0 };
  if (code === "unreachable" && retryAfterMs === undefined) return failed(message);
  return { kind: "refused", message, retryAfterMs };
}
