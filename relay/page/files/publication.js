/** The moq epoch, 2020, in milliseconds since 1970. */
const MOQ_EPOCH_MS = 1_577_836_800_000;

/** Bits for each pixel that are more than any rate that can be chosen: then the chosen one is what is taken. */
const MANY_BITS = 4;

/** Samples a second that every decoder of Opus takes. */
const OPUS_RATE = 48_000;

/** Publishes a source under a name, in each session that comes. */
export class Publication {
  #name;
  #source;
  #broadcast;

  constructor(
    { Broadcast, Net },
    { session, source, name, width, height, codec, rate, sound, small },
  ) {
    this.#name = name;
    this.#source = source;
    const config = {
      maxPixels: width * height,
      ...(codec !== "" && { codec }),
      ...(rate > 0 && { maxBitrate: rate, bitrateScale: MANY_BITS }),
    };
    this.#broadcast = new Broadcast({
      connection: session.established,
      enabled: true,
      name: Net.Path.from(name),
      video: {
        source: source.video,
        hd: { enabled: source.video !== undefined, config },
        sd: { enabled: small && source.video !== undefined },
      },
      audio: {
        enabled: sound && source.audio !== undefined,
        source: source.audio,
        sampleRate: OPUS_RATE,
      },
    });
    // Timestamps count from when the page was loaded: so viewers can tell how old a picture is.
    this.#broadcast.catalog.mutate((catalog) => {
      catalog.clock = { wall: Math.round(performance.timeOrigin - MOQ_EPOCH_MS) };
    });
  }

  /** What is known of it now. */
  async read() {
    const { hd, sd } = this.#broadcast.video;
    const sends = hd.active.peek() || sd.active.peek() || this.#broadcast.audio.active.peek();
    const viewers = await viewersOf(this.#name) ?? (sends ? "some" : "none yet");
    return { viewers, sends, config: hd.resolved.peek() };
  }

  close() {
    this.#broadcast.close();
    this.#source.close();
  }
}

/** Subscriptions of the most watched track at this relay; undefined where it does not tell. */
async function viewersOf(name) {
  try {
    const response = await fetch("status/tracks?limit=1000", { cache: "no-store" });
    if (!response.ok) return undefined;
    const { items } = await response.json();
    const own = items.filter(({ namespace }) => namespace === name);
    return Math.max(0, ...own.map(({ subscribers }) => subscribers));
  } catch {
    return undefined;
  }
}
