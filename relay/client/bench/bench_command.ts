import { bitRate, type Clock, done, many, type Outcome, short, sleep } from "@qumo/shared/runtime";
import { TrackReading } from "../../media/model/track_reading.ts";
import { ClientSession } from "../client_session.ts";
import { type Call, type ClientCommand, EXIT, failed, type Failure } from "../command.ts";
import { BenchPublisher, trackName } from "./bench_publisher.ts";
import { BenchReceipts, type MeasuredObjects } from "./bench_receipts.ts";
import { behindText, benchResult, benchTable } from "./bench_report.ts";
import { type BenchSettings, benchSettings } from "./bench_settings.ts";
import {
  FIRST_OBJECT_MS,
  LAST_OBJECT_MS,
  LIVE_LINE_MS,
  OPENING_SESSIONS,
  WARM_UP_MS,
} from "./limits.ts";

/** Loads a relay, and measures what it delivers. */
export const benchCommand: ClientCommand = {
  name: "bench",
  usage: "",
  summary:
    "Loads a relay with publishers and subscribers, and measures what it delivers, how late and how much\n" +
    "of it is lost. Publishers and subscribers are in this process, which takes a core for itself.",
  flags: [
    ...["publishers", "subscribers", "tracks", "size", "rate", "group", "duration"] as const,
    "json",
  ],
  words: [0, 0],
  async run(call) {
    const settings = benchSettings(call.flags);
    if (!settings.ok) return failed(settings.refusal, EXIT.usage);
    const bench = new Bench(call, settings.value);
    try {
      return await bench.run();
    } finally {
      await bench.close();
    }
  },
};

/** One run of the command. */
class Bench {
  readonly #call: Call;
  readonly #settings: BenchSettings;
  readonly #clock: Clock;
  readonly #receipts: BenchReceipts;
  readonly #sessions: ClientSession[] = [];
  readonly #publishers: BenchPublisher[] = [];
  readonly #readings: TrackReading[] = [];
  readonly #measured: MeasuredObjects[] = [];
  readonly #run = Math.random().toString(36).slice(2, 10);
  #lost: string | undefined;
  // Of any publisher, while it is measured.
  #latenessMs = 0;

  constructor(call: Call, settings: BenchSettings) {
    this.#call = call;
    this.#settings = settings;
    this.#clock = call.process.clock;
    this.#receipts = new BenchReceipts(this.#clock);
  }

  async run(): Promise<Outcome<undefined, Failure>> {
    const { publishers, subscribers } = this.#settings;
    const { signal } = this.#call;
    const opened = await this.#openAll(publishers * (1 + subscribers));
    if (!opened.ok) return opened;
    this.#begin();
    const all = this.#receipts.tracks.length;
    await this.#until(FIRST_OBJECT_MS, () => this.#waiting() === 0);
    if (signal.aborted) return done(undefined);
    if (this.#lost !== undefined) return this.#broken(this.#lost);
    if (this.#waiting() > 0) {
      return failed(`${this.#waiting()} of ${many(all, "subscription")} received nothing`);
    }
    await sleep(this.#clock, WARM_UP_MS, signal);
    return await this.#measure();
  }

  async close(): Promise<void> {
    for (const reading of this.#readings) reading.close();
    for (const publisher of this.#publishers) publisher.end();
    await Promise.all(this.#sessions.map((session) => session.close()));
  }

  /** Opens the sessions, the publishers' first. */
  async #openAll(count: number): Promise<Outcome<undefined, Failure>> {
    const { log, signal } = this.#call;
    const target = await this.#call.resolveTarget();
    let failure: Outcome<never, Failure> | undefined;
    let next = 0;
    const open = async () => {
      while (next < count && failure === undefined && !signal.aborted) {
        next++;
        const session = await ClientSession.open({
          target,
          clock: this.#clock,
          log,
          announced: (refusal) => {
            if (refusal !== undefined) this.#lost ??= `publishing was refused: ${refusal.reason}`;
          },
        });
        if (session.ok) this.#add(session.value);
        else failure ??= session;
      }
    };
    await Promise.all(Array.from({ length: OPENING_SESSIONS }, open));
    if (failure === undefined) this.#say(`${many(count, "session")} open`);
    return failure ?? done(undefined);
  }

  #add(session: ClientSession): void {
    this.#sessions.push(session);
    void session.over.then(({ info }) => this.#lost ??= `a session ended: ${info.reason}`);
  }

  /** Publishes and subscribes. */
  #begin(): void {
    const { publishers, subscribers, rate } = this.#settings;
    for (let index = 0; index < publishers; index++) {
      const namespace = ["bench", this.#run, String(index)].map((text) =>
        new TextEncoder().encode(text)
      );
      const measured = { from: Infinity, to: Infinity };
      this.#measured.push(measured);
      const parts = { settings: this.#settings, clock: this.#clock };
      const publisher = new BenchPublisher(this.#sessions[index]!, namespace, parts);
      this.#publishers.push(publisher);
      // Not all in the same moment, as cameras are not.
      publisher.start(index / publishers * 1_000 / rate);
      for (let count = 0; count < subscribers; count++) {
        const session = this.#sessions[publishers + index * subscribers + count]!;
        this.#subscribe(session, namespace, measured);
      }
    }
  }

  #subscribe(
    session: ClientSession,
    namespace: readonly Uint8Array[],
    measured: MeasuredObjects,
  ): void {
    const scope = session.receiving();
    for (let index = 0; index < this.#settings.tracks; index++) {
      const receipts = this.#receipts.track(measured);
      const reading = new TrackReading({
        scope,
        name: { namespace, name: trackName(index) },
        patience: 0,
        goesOn: () => true,
        clock: this.#clock,
        sink: {
          object: ({ payload }) => receipts.object(payload),
          missed: () => {},
          interrupted: () => {},
          ended: () => {},
        },
      });
      this.#readings.push(reading);
      void reading.run();
    }
  }

  async #measure(): Promise<Outcome<undefined, Failure>> {
    const { process, flags, target, signal } = this.#call;
    const { duration, subscribers, tracks } = this.#settings;
    const usage = () => process.usage().cpuSeconds;
    const [began, cpu] = [this.#clock.now(), usage()];
    for (const [index, measured] of this.#measured.entries()) {
      measured.from = this.#publishers[index]!.sent;
    }
    this.#receipts.recent();
    this.#lateness();
    const end = began + duration * 1_000;
    while (this.#clock.now() < end && !signal.aborted && this.#lost === undefined) {
      await sleep(this.#clock, Math.min(LIVE_LINE_MS, end - this.#clock.now()), signal);
      this.#say(this.#line(began));
    }
    this.#latenessMs = Math.max(this.#latenessMs, this.#lateness());
    const seconds = (this.#clock.now() - began) / 1_000;
    const cpuSeconds = usage() - cpu;
    let expected = 0;
    for (const [index, measured] of this.#measured.entries()) {
      const publisher = this.#publishers[index]!;
      publisher.stop();
      measured.to = publisher.sent;
      expected += (measured.to - measured.from) * subscribers * tracks;
    }
    if (this.#lost !== undefined) return this.#broken(this.#lost);
    await this.#until(LAST_OBJECT_MS, () => this.#receipts.objects >= expected);
    const [{ protocol, transport }] = this.#sessions as [ClientSession];
    const result = benchResult({
      url: target.url.split("?")[0]!,
      protocol,
      transport,
      settings: this.#settings,
      receipts: this.#receipts,
      setUps: this.#sessions.map(({ setUpMs }) => setUpMs),
      expected,
      seconds,
      cpuSeconds,
      latenessMs: this.#latenessMs,
    });
    process.stdout.write(flags.json ? `${JSON.stringify(result)}\n` : benchTable(result));
    return done(undefined);
  }

  #broken(reason: string): Outcome<never, Failure> {
    return failed(`${this.#call.target.authority}: ${reason}`, EXIT.noRelay);
  }

  #waiting(): number {
    return this.#receipts.tracks.filter(({ first }) => first === undefined).length;
  }

  async #until(milliseconds: number, condition: () => boolean): Promise<void> {
    const end = this.#clock.now() + milliseconds;
    while (!condition() && this.#clock.now() < end && this.#lost === undefined) {
      if (this.#call.signal.aborted) return;
      await sleep(this.#clock, 20, this.#call.signal);
    }
  }

  /** How late a publisher was at most since the last call, in milliseconds. */
  #lateness(): number {
    return Math.max(...this.#publishers.map((publisher) => publisher.lateness()));
  }

  #line(began: number): string {
    const late = this.#lateness();
    this.#latenessMs = Math.max(this.#latenessMs, late);
    const behind = behindText(late);
    const { objectsPerSecond, bitsPerSecond, p50, p99, largest } = this.#receipts.recent();
    const seconds = Math.round((this.#clock.now() - began) / 1_000);
    return `${seconds} s  ${Math.round(objectsPerSecond)} objects/s  ${bitRate(bitsPerSecond)}  ` +
      `latency ${short(p50) ?? "-"} / ${short(p99) ?? "-"} / ${short(largest)} ms` +
      (behind === undefined ? "" : `  publishers ${behind}`);
  }

  #say(text: string): void {
    this.#call.process.stderr.write(`${text}\n`);
  }
}
