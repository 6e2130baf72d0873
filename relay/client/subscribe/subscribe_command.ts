import { done, messageOf, type Outcome, refused, sleep, type Timer } from "@qumo/shared/runtime";
import type { Namespace } from "@qumo/shared/wire";
import { MediaError } from "../../media/errors.ts";
import { namespaceOf, partsOf, trackOf } from "../../media/model/names.ts";
import { TrackReading } from "../../media/model/track_reading.ts";
import { type Call, type ClientCommand, EXIT, failed, type Failure } from "../command.ts";
import { KeptSession } from "../kept_session.ts";
import { progress } from "../progress.ts";
import { retryTime } from "../retry.ts";
import { BroadcastReading, chosenTracks, isPlayable } from "./broadcast_reading.ts";
import { CATALOG_MS, GONE_MS, MAX_WAITING_BYTES } from "./limits.ts";
import { OutputQueue } from "./output_queue.ts";
import { Reception } from "./reception.ts";

/** Receives what somebody publishes. */
export const subscribeCommand: ClientCommand = {
  name: "subscribe",
  usage: " NAME [TRACK]",
  summary:
    "Receives what is published under a name: picture and sound of its catalog as fragmented MP4, for\n" +
    "ffplay and ffmpeg, or one track of it. A track that no catalog describes is written as it comes.",
  flags: ["output", "raw", "wait", "retry"],
  words: [1, 2],
  async run(call) {
    const [name = "", track] = call.words;
    const namespace = namespaceOf(partsOf(name) ?? []);
    if (namespace === undefined || namespace.length === 0) {
      return failed(`${name} is no name`, EXIT.usage);
    }
    const retry = retryTime(call.flags.retry);
    if (!retry.ok) return failed(retry.refusal, EXIT.usage);
    const opened = await KeptSession.open(call, { receives: true, retryMs: retry.value });
    if (!opened.ok) return opened;
    const output = await openOutput(call);
    if (!output.ok) {
      await opened.value.close();
      return output;
    }
    const subscription = new Subscription(call, opened.value, output.value);
    try {
      return await subscription.run(namespace, track);
    } finally {
      await subscription.close();
    }
  },
};

async function openOutput(
  { flags, process }: Call,
): Promise<Outcome<OutputQueue | undefined, Failure>> {
  const path = flags.output ?? (process.stdout.isTerminal ? undefined : "-");
  if (path === undefined) return done(undefined);
  try {
    return done(new OutputQueue(await process.openOutput(path), MAX_WAITING_BYTES));
  } catch (error) {
    // A relay writes no files, so that its executable may write none.
    const text = `Cannot write ${path}: ${messageOf(error)}\nSay -o - > ${path}`;
    return failed(text, EXIT.usage);
  }
}

/** One run of the command. */
class Subscription {
  readonly #call: Call;
  readonly #kept: KeptSession;
  readonly #output: OutputQueue | undefined;
  readonly #reception: Reception;
  readonly #stop = new AbortController();
  readonly #say: (text: string) => void;

  constructor(call: Call, kept: KeptSession, output: OutputQueue | undefined) {
    this.#call = call;
    this.#kept = kept;
    this.#output = output;
    this.#reception = new Reception(call.process.clock, () => kept.came());
    call.signal.addEventListener("abort", () => this.#stop.abort());
    this.#say = progress(call.process, this.#stop.signal, () => this.#reception.line());
    kept.say = this.#say;
  }

  async run(namespace: Namespace, track: string | undefined): Promise<Outcome<undefined, Failure>> {
    const { flags, words: [name] } = this.#call;
    const { protocol, transport, setUpMs } = this.#kept.session;
    this.#say(`${protocol} over ${transport}, after ${Math.round(setUpMs)} ms`);
    const isRaw = flags.raw || track !== undefined && await this.#isUnknown(namespace, track);
    if (isRaw && track === undefined) return failed("--raw needs a TRACK", EXIT.usage);
    return isRaw
      ? await this.#receive(namespace, track!)
      : await this.#play(namespace, track, `${name}`);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#kept.close();
    await this.#output?.close().catch(() => {});
    this.#say(this.#reception.summary());
  }

  /** Plays a track of the catalog, or what is best of each kind. */
  async #play(
    namespace: Namespace,
    track: string | undefined,
    name: string,
  ): Promise<Outcome<undefined, Failure>> {
    const reading = this.#reading(namespace);
    try {
      const known = await this.#before(reading.known);
      if (known === undefined) return await this.#ended();
      if (!known.ok) return failed(`${name}: ${known.refusal}`, EXIT.notFound);
      const chosen = track === undefined
        ? chosenTracks(known.value)
        : known.value.filter((one) => one.name === track);
      if (chosen.length === 0) {
        const list = known.value.map(({ name, config }) => `${name} (${config.codec})`).join(", ");
        return failed(`${name} has no track that an MP4 can have: ${list}`, EXIT.notFound);
      }
      for (const { name, config } of chosen) this.#say(`${name}: ${config.codec}`);
      reading.play(chosen);
      const silence = this.#whenSilent(() => reading.close());
      await this.#before(reading.over);
      silence.cancel();
      const isSilent = this.#reception.objects === 0 && !this.#stop.signal.aborted;
      const ended = await this.#ended();
      return isSilent && ended.ok
        ? failed(`${name} has a catalog, and nothing comes of its tracks`, EXIT.notFound)
        : ended;
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      return failed(`${name} cannot be written as MP4: ${error.message}`);
    } finally {
      reading.close();
    }
  }

  /** Calls when nothing has come for long: what is left of an encoder that was lost is its catalog. */
  #whenSilent(act: () => void): Timer {
    const { process: { clock }, flags } = this.#call;
    return clock.after(GONE_MS, () => {
      if (this.#reception.objects === 0 && !flags.wait) act();
    });
  }

  /** Writes the payloads of a track. */
  async #receive(namespace: Namespace, track: string): Promise<Outcome<undefined, Failure>> {
    const { clock } = this.#call.process;
    const name = trackOf(namespace, track);
    if (name === undefined) return failed(`${track} is no name of a track`, EXIT.usage);
    this.#say(`${track}: payloads as they come`);
    const reading = new TrackReading({
      scope: this.#kept.model.scope,
      name,
      patience: 0,
      goesOn: () =>
        this.#kept.isAway(GONE_MS) || this.#call.flags.wait && this.#reception.objects === 0,
      clock,
      sink: {
        object: (object) => {
          this.#reception.object(track, object);
          if (!this.#write(object.payload)) this.#reception.leftOut();
        },
        missed: () => this.#reception.missed(),
        interrupted: () => {},
        ended: () => {},
      },
    });
    await this.#before(reading.run());
    reading.close();
    if (this.#reception.objects > 0 || this.#stop.signal.aborted) return await this.#ended();
    return failed(`Nobody publishes ${this.#call.words.join(" ")}`, EXIT.notFound);
  }

  /** Whether no catalog describes a track for MP4. */
  async #isUnknown(namespace: Namespace, track: string): Promise<boolean> {
    const reading = this.#reading(namespace, false);
    const { clock } = this.#call.process;
    try {
      const late = sleep(clock, CATALOG_MS, this.#stop.signal);
      const known = await Promise.race([this.#before(reading.known), late]);
      return known === undefined || !known.ok ||
        !known.value.some((one) => one.name === track && isPlayable(one));
    } finally {
      reading.close();
    }
  }

  #reading(namespace: Namespace, waits = this.#call.flags.wait): BroadcastReading {
    return new BroadcastReading({
      scope: this.#kept.model.scope,
      namespace,
      clock: this.#call.process.clock,
      reception: this.#reception,
      waits,
      isAway: () => this.#kept.isAway(GONE_MS),
      write: (bytes) => this.#write(bytes),
      say: (text) => this.#say(text),
    });
  }

  #write(bytes: Uint8Array): boolean {
    return this.#output === undefined || this.#output.write(bytes);
  }

  /** What comes first: that, or the end of everything. */
  #before<T>(awaited: Promise<T>): Promise<T | undefined> {
    const { promise: stopped, resolve } = Promise.withResolvers<undefined>();
    this.#stop.signal.addEventListener("abort", () => resolve(undefined));
    const nobodyReads = this.#output?.broken.then(() => undefined) ?? stopped;
    const lost = this.#kept.over.then(() => undefined);
    return Promise.race([awaited, stopped, nobodyReads, lost]);
  }

  /** How it ended: by Ctrl-C, by its publisher, by who reads, or by the relay. */
  async #ended(): Promise<Outcome<undefined, Failure>> {
    const lost = await Promise.race([this.#kept.over, Promise.resolve(undefined)]);
    return lost === undefined || this.#stop.signal.aborted ? done(undefined) : refused(lost);
  }
}
