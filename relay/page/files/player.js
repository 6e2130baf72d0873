import { LOOK_EVERY_MS } from "./redial.js";

/** Milliseconds without a new picture, of a name that is live, until the player is built anew. */
const STALL_MS = 5_000;

/** Milliseconds between two looks. */
const LOOK_MS = 500;

/** After so many new players in a row without a picture, the session is renewed too. */
const PLAYERS_PER_SESSION = 2;

/** Plays a name on a canvas, for as long as the page is there. */
export class Player {
  paused;
  /** Browsers play sound only after somebody has touched the page: it begins without. */
  muted;
  volume;
  /** The rendition that somebody has chosen; undefined: the best that gets through. */
  chosen;
  /** What plays now; replaced when it came to a stop. */
  parts;
  /** The session by which it plays. */
  session;
  #library;
  #name;
  #path;
  #canvas;
  #live;
  /** Bytes that had come at the last look. */
  #received = 0;

  constructor(library, { name, canvas, live }) {
    const { Signal } = library.Signals;
    this.#library = library;
    this.#name = name;
    this.#canvas = canvas;
    this.#live = live;
    this.paused = new Signal(false);
    this.muted = new Signal(true);
    this.volume = new Signal(0.8);
    this.chosen = new Signal(undefined);
    this.parts = new Signal(this.#build());
    this.#watch();
    setInterval(() => this.#listen(), LOOK_EVERY_MS);
  }

  /** What the catalog says, or undefined while there is none. */
  get catalog() {
    return this.parts.peek().broadcast.out.catalog.peek();
  }

  #build() {
    const { Audio, Broadcast, Net, Signals, Sync, Video } = this.#library;
    const { session, path } = this.#live.find(this.#name);
    this.session = session;
    this.#path = path;
    const connection = session.established;
    const broadcast = new Broadcast({
      connection,
      enabled: true,
      name: Net.Path.from(path),
      catalogFormat: formatOf(this.#name),
    });
    const effect = new Signals.Effect();
    const target = effect.computed((inner) => {
      const name = inner.get(this.chosen);
      return name === undefined ? undefined : { name };
    });
    const videoSource = new Video.Source({ broadcast, target, supported: Video.Decoder.supported });
    const audioSource = new Audio.Source({ broadcast, supported: Audio.Decoder.supported });
    const sync = new Sync({
      connection,
      video: videoSource.out.jitter,
      audio: audioSource.out.jitter,
    });
    const playing = effect.computed((inner) => !inner.get(this.paused));
    const hears = new Signals.Signal(false);
    const video = new Video.Decoder(videoSource, sync, { enabled: playing });
    const audio = new Audio.Decoder(audioSource, sync, { enabled: hears });
    const { muted, paused, volume } = this;
    const emitter = new Audio.Emitter(audio, { muted, paused, volume });
    effect.proxy(hears, emitter.out.enabled);
    const renderer = new Video.Renderer(video, { canvas: this.#canvas, visible: "always" });
    const all = [
      renderer,
      emitter,
      audio,
      video,
      sync,
      audioSource,
      videoSource,
      broadcast,
      effect,
    ];
    return { broadcast, videoSource, audioSource, sync, video, audio, all };
  }

  /** Tells the session whether media comes by it. */
  #listen() {
    if (this.session.established.peek() === undefined) return;
    const { video, audio } = this.parts.peek();
    const bytesOf = ({ out }) => out.stats.peek()?.bytesReceived ?? 0;
    const received = bytesOf(video) + bytesOf(audio);
    const isMore = received > this.#received;
    this.#received = received;
    if (isMore) this.session.came();
    else if (this.paused.peek() || !this.#live.has(this.#name)) this.session.rest();
  }

  /** Builds the parts anew when the name is live and no picture comes. */
  async #watch() {
    let [seen, since, built] = [undefined, performance.now(), 0];
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
      const now = performance.now();
      const { session, path } = this.#live.find(this.#name);
      if (session !== this.session || path !== this.#path) this.#rebuild();
      const { video } = this.parts.peek();
      const shown = video.out.stats.peek()?.frameCount ?? 0;
      const isDue = this.session.established.peek() !== undefined && !document.hidden &&
        !this.paused.peek() && this.#live.has(this.#name) && this.#wantsPictures();
      if (shown !== seen || !isDue) {
        if (shown !== seen && shown > 0) built = 0;
        [seen, since] = [shown, now];
      } else if (now - since > STALL_MS) {
        since = now;
        this.#rebuild();
        if (++built % PLAYERS_PER_SESSION === 0) this.session.renew();
      }
    }
  }

  /** Whether pictures should come: not of a name that has sound alone, or that this browser cannot play. */
  #wantsPictures() {
    const { videoSource } = this.parts.peek();
    const catalog = this.catalog;
    return videoSource.out.error.peek() === undefined &&
      (catalog === undefined || catalog.video !== undefined);
  }

  #rebuild() {
    for (const part of this.parts.peek().all) part.close();
    this.parts.set(this.#build());
  }
}

/** How the catalog of a name is written: as it says, or as most do. */
function formatOf(name) {
  return name.endsWith(".msf") ? "msf" : "hang";
}
