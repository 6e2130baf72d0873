import { bitrate } from "./format.js";

/** Where the catalogs of our page count their time from, in milliseconds since 1970: 2020. */
const MOQ_EPOCH_MS = 1_577_836_800_000;

/** A picture that is older than this, in milliseconds, tells of a clock that is wrong. */
const LONGEST_DELAY_MS = 60_000;

/** How far a picture may seem to come from the future, in milliseconds, before that is said. */
const CLOCK_ERROR_MS = 20;

/** Reads what a player does, in words and numbers. */
export class Reading {
  #player;
  #last;

  constructor(player) {
    this.#player = player;
  }

  /** `refusal` says why the name may not be seen, if it may not. */
  take({ isLive, refusal }) {
    const { sync, video, videoSource, broadcast } = this.#player.parts.peek();
    const connection = this.#player.session.established.peek();
    const now = { at: performance.now(), ...video.out.stats.peek() };
    const seconds = (now.at - this.#last?.at) / 1000;
    const gain = (field) => (now[field] - this.#last?.[field]) / seconds;
    const rate = gain("bytesReceived") * 8;
    const frames = gain("frameCount");
    this.#last = now;
    const config = videoSource.out.config.peek();
    const display = video.out.display.peek();
    const rtt = connection?.probe.peek().rtt;
    return {
      words: this.#words({ isLive, refusal, connection, broadcast, videoSource, video }),
      figures: [
        ["Delay", delayOf(this.#player.catalog, video.out.timestamp.peek())],
        ["Buffer", connection && config ? `${Math.round(sync.out.buffer.peek())} ms` : undefined],
        ["Round trip", rtt === undefined ? undefined : `${Math.round(rtt)} ms`],
        ["Picture", display && `${display.width}×${display.height}`],
        ["Pictures", frames >= 0 ? `${frames.toFixed(0)}/s` : undefined],
        ["Received", rate >= 0 ? bitrate(Math.round(rate)) : undefined],
        ["Codec", config?.codec],
        ["Session", connection && `${connection.version} · ${connection.transport}`],
      ],
    };
  }

  #words({ isLive, refusal, connection, broadcast, videoSource, video }) {
    if (connection === undefined) return "Connecting to the relay";
    if (!isLive && refusal !== undefined) return `This name is not shown (${refusal})`;
    if (!isLive) return "Waiting for it to begin: nobody publishes this name now";
    if (this.#player.paused.peek()) return "Paused";
    if (videoSource.out.error.peek() !== undefined) {
      return "This browser plays none of the codecs of this name";
    }
    if (broadcast.out.catalog.peek() === undefined) {
      return "Live, but without a catalog so far: what does not come from a camera cannot be shown here";
    }
    if (this.#player.catalog.video === undefined) return "Sound alone: there is no picture";
    return video.out.frame.peek() === undefined ? "The picture is on its way" : "";
  }
}

/** How old the picture is, by the clocks of both machines, if the publisher says when its time began. */
function delayOf(catalog, timestamp) {
  const wall = catalog?.clock?.wall;
  if (typeof wall !== "number" || timestamp === undefined) return undefined;
  const delay = Date.now() - MOQ_EPOCH_MS - wall - timestamp;
  if (Math.abs(delay) >= LONGEST_DELAY_MS) return undefined;
  if (delay < -CLOCK_ERROR_MS) return "unknown: the clocks differ";
  return `${Math.max(0, Math.round(delay))} ms`;
}
