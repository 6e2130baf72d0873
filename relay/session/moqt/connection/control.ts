import type { SetupOptions } from "@qumo/shared/wire";
import type { FirstStreams } from "../../first_streams.ts";

/** How a session begins, and is asked to end. */
export interface Control {
  /** Resolves with the peer's validated SETUP; stays pending if none arrives. */
  readonly peerSetup: Promise<SetupOptions>;
  /** Exchanges SETUP with these options; the peer's is among its first streams. */
  begin(options: SetupOptions, streams: FirstStreams): void;
  /**
   * Sends GOAWAY: requests from `requestId` on are refused, and the session ends in `timeout` ms.
   */
  goaway(uri: string, timeout: number, requestId: bigint): Promise<void>;
}
