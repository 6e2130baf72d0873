import type { MultiplexedMessage } from "@qumo/shared/wire";

/** The control stream behind SETUP, in both directions. */
export interface ControlLine {
  /** Sends a message; false if the draft cannot say it. */
  send(message: MultiplexedMessage): boolean;
  /**
   * Reads the peer's messages until the session ends, which rejects, or is a violation before: each
   * is taken before the next is read.
   */
  listen(take: (message: MultiplexedMessage) => Promise<void>): Promise<void>;
}
