import { bitRate, done, many, messageOf, type Outcome, refused, sleep } from "@qumo/shared/runtime";
import { commonDraft, type Namespace } from "@qumo/shared/wire";
import { MediaError } from "../../media/errors.ts";
import { PublishedBroadcast } from "../../media/ingest/published_broadcast.ts";
import { namespaceOf, partsOf } from "../../media/model/names.ts";
import { rendererOf } from "../../session/moqt/dialect/renderer.ts";
import { type Call, type ClientCommand, EXIT, failed, type Failure } from "../command.ts";
import { KeptSession } from "../kept_session.ts";
import { progress } from "../progress.ts";
import { retryTime } from "../retry.ts";
import { isLiveAlready } from "./live_already.ts";
import { LINGER_MS, MAX_FRAME_BYTES, MAX_FRAMERATE } from "./limits.ts";
import { MediaInput } from "./media_input.ts";
import { PacedSink } from "./paced_sink.ts";

/** Publishes a file, or what a program writes. */
export const publishCommand: ClientCommand = {
  name: "publish",
  usage: " NAME FILE|-",
  summary:
    "Publishes fragmented MP4, MPEG-TS or H.264 (Annex B) under a name, with catalogs of hang and of\n" +
    "MSF: a file as if it were live, or what a program writes to stdin as it comes.",
  flags: ["loop", "as-fast-as-possible", "fps", "retry"],
  words: [2, 2],
  async run(call) {
    const [name = "", file = ""] = call.words;
    const namespace = namespaceOf(partsOf(name) ?? []);
    if (namespace === undefined || namespace.length === 0) {
      return failed(`${name} is no name`, EXIT.usage);
    }
    if (file === "-" && call.flags.loop) return failed("--loop needs a FILE", EXIT.usage);
    const { fps } = call.flags;
    if (fps !== undefined && !(Number(fps) > 0 && Number(fps) <= MAX_FRAMERATE)) {
      return failed(`--fps is a number up to ${MAX_FRAMERATE}, not ${fps}`, EXIT.usage);
    }
    const retry = retryTime(call.flags.retry);
    if (!retry.ok) return failed(retry.refusal, EXIT.usage);
    const input = await openFilm(call, file);
    if (!input.ok) return input;
    const opened = await KeptSession.open(call, { receives: false, retryMs: retry.value });
    if (!opened.ok) {
      await input.value.cancel().catch(() => {});
      return opened;
    }
    const publication = new Publication(call, opened.value, namespace);
    try {
      return await publication.run(file, input.value, namespace);
    } finally {
      await publication.close();
    }
  },
};

type Film = ReadableStream<Uint8Array>;

async function openFilm({ process }: Call, file: string): Promise<Outcome<Film, Failure>> {
  try {
    return done(await process.openInput(file));
  } catch (error) {
    return failed(`Cannot read ${file}: ${messageOf(error)}`, EXIT.usage);
  }
}

/** One run of the command. */
class Publication {
  readonly #call: Call;
  readonly #kept: KeptSession;
  readonly #broadcast: PublishedBroadcast;
  readonly #sink: PacedSink;
  readonly #stop = new AbortController();
  readonly #say: (text: string) => void;
  readonly #since: number;

  constructor(call: Call, kept: KeptSession, namespace: Namespace) {
    const { flags, words, process: { clock }, log } = call;
    this.#call = call;
    this.#kept = kept;
    this.#since = clock.now();
    this.#broadcast = new PublishedBroadcast({
      id: 1,
      relayName: "",
      scope: kept.model.scope,
      namespace,
      renderer: rendererOf(commonDraft.data),
      maxObjectBytes: MAX_FRAME_BYTES,
      limits: { maxPublishedTracks: Infinity },
      metrics: kept.model.metrics,
      clock,
      log,
      onLive: () => this.#say(`${words[0]} is published`),
    });
    const isPaced = words[1] !== "-" && !flags["as-fast-as-possible"];
    this.#sink = new PacedSink(this.#broadcast, clock, isPaced);
    call.signal.addEventListener("abort", () => this.#stop.abort());
    this.#say = progress(call.process, this.#stop.signal, () => this.#line());
    kept.say = this.#say;
  }

  /** `input` is the file, opened for the first time. */
  async run(
    file: string,
    input: Film,
    namespace: Namespace,
  ): Promise<Outcome<undefined, Failure>> {
    const { session: { protocol, transport, setUpMs, publisher }, over } = this.#kept;
    this.#say(`${protocol} over ${transport}, after ${Math.round(setUpMs)} ms`);
    const { process: { clock }, words: [name] } = this.#call;
    if (await isLiveAlready(publisher, namespace, clock)) {
      this.#say(
        `${name} is there already: whoever publishes it is replaced, unless the relay refuses it`,
      );
    }
    const reading = this.#readAll(file, input);
    const outcome = await Promise.race([reading, over.then((failure) => refused(failure))]);
    this.#stop.abort();
    await reading;
    this.#broadcast.end({ kind: "ended", reason: "the publisher has ended it" });
    if (outcome.ok) await this.#flushed();
    return outcome;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#kept.close();
    this.#say(this.#line());
  }

  async #readAll(file: string, input: Film): Promise<Outcome<undefined, Failure>> {
    const { signal } = this.#stop;
    try {
      await this.#read(file, input);
      this.#sink.again();
      while (this.#call.flags.loop && !signal.aborted) {
        await this.#read(file, await this.#call.process.openInput(file));
        this.#sink.again();
      }
      await this.#sink.finished(signal);
      if (this.#sink.frames > 0 || signal.aborted) return done(undefined);
      return failed(`${file} has no frames that can be published`);
    } catch (error) {
      if (error instanceof MediaError) return failed(error.message);
      return failed(`Cannot read ${file}: ${messageOf(error)}`, EXIT.usage);
    }
  }

  async #read(file: string, input: Film): Promise<void> {
    const { signal } = this.#stop;
    const reader = input.getReader();
    const stop = () => void reader.cancel().catch(() => {});
    signal.addEventListener("abort", stop);
    const { fps } = this.#call.flags;
    const media = new MediaInput(file, this.#sink, {
      framerate: fps === undefined ? undefined : Number(fps),
      say: this.#say,
    });
    try {
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        media.push(read.value);
        await this.#sink.caughtUp(signal);
        if (signal.aborted) return;
      }
      media.end();
    } finally {
      signal.removeEventListener("abort", stop);
      await reader.cancel().catch(() => {});
    }
  }

  /** Until nobody subscribes any more, the last frames and the end of the tracks are being sent. */
  async #flushed(): Promise<void> {
    const { clock } = this.#call.process;
    const until = clock.now() + LINGER_MS;
    while (this.#kept.session.subscriptions > 0 && clock.now() < until) await sleep(clock, 20);
  }

  #line(): string {
    const seconds = (this.#call.process.clock.now() - this.#since) / 1_000;
    const { session: { subscriptions }, model: { metrics } } = this.#kept;
    const dropped = Object.values(metrics.encoders.framesDropped).reduce(
      (sum, one) => sum + one,
      0,
    );
    return [
      `${Math.round(seconds)} s`,
      many(this.#sink.frames, "frame"),
      bitRate(seconds > 0 ? this.#sink.bytes * 8 / seconds : undefined),
      many(subscriptions, "subscription"),
      `${dropped} dropped`,
    ].join("  ");
  }
}
