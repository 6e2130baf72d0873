/**
 * The revision at which a stream stopped, and its controller: revisions of one controller mean
 * nothing to another.
 */
export interface Place {
  readonly url: string;
  readonly revision: number;
}

/**
 * Why a stream ended: its revision is gone from the history, another controller is preferred, the
 * controller has no stream and was polled, or has no room for now, or the stream failed.
 */
export type End =
  | { readonly kind: "gone" }
  | { readonly kind: "left" }
  | { readonly kind: "polled" }
  | {
    readonly kind: "put_off";
    readonly message: string;
    readonly retryAfterMs: number | undefined;
  }
  | { readonly kind: "failed"; readonly message: string };

/** The event stream that is being followed. */
export interface Stream {
  readonly url: string;
  readonly abort: AbortController;
  isLeft: boolean;
  /** Whether it tells what the controller says about access. */
  hasAccess: boolean;
  /** Its name at a controller that can be told what to follow. */
  watcher?: string;
  /** The work that tells the controller. */
  sending?: Promise<void>;
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
