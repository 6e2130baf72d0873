import type { OutgoingRecord, RecordChannel } from "./channel.ts";
import { datagramHeader, encodeFrame } from "./frames.ts";
import { BATCH_SIZE, MAX_DATAGRAM_BYTES_QUEUED, MAX_FRAMES_WAITING } from "./limits.ts";
import type { FrameSink, PendingFrame } from "./pending_frame.ts";
import { SendCredit } from "./windows.ts";

/** A stream with something to send. */
export interface Sender {
  readonly priority: number;
  /**
   * The next frame, of at most `room` bytes with at most `credit` bytes of payload. `blocked` when
   * the stream waits for that credit alone; undefined when it has nothing to send, or may not.
   */
  next(room: number, credit: number): SentFrame | "blocked" | undefined;
}

/** A frame of a stream. */
export interface SentFrame {
  readonly header: Uint8Array;
  readonly payload: Uint8Array;
  /** Whether the stream may have more to send. */
  readonly hasMore: boolean;
}

/** What an {@linkcode Outbox} works with. */
export interface OutboxOptions {
  readonly channel: RecordChannel;
  /** Bytes of a record; and whether one may have several frames. */
  readonly maxRecord: number;
  readonly isPacked: boolean;
  /** Called when a write is taken, and again when the channel can take more. */
  readonly onWriting: (isWriting: boolean) => void;
  /** Called when more frames wait than there may be. */
  readonly onFull: () => void;
}

/**
 * Sends the frames of a connection: what concerns the connection first, then datagrams, then streams
 * by priority, in turns among equals. It gives the channel one batch at a time, so that the order is
 * decided late, and holds no payload that the channel has not taken, apart from datagrams.
 */
export class Outbox implements FrameSink {
  /** Bytes of all streams that the peer lets us send. */
  readonly credit = new SendCredit(0);
  readonly #options: OutboxOptions;
  #maxRecord: number;
  // In the order in which their turns come.
  readonly #senders = new Set<Sender>();
  // Senders that wait for credit of the connection.
  readonly #blocked = new Set<Sender>();
  #frames = new Set<PendingFrame>();
  #datagrams: Uint8Array[] = [];
  #datagramBytes = 0;
  #isScheduled = false;
  #isWriting = false;
  #isOver = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#maxRecord = options.maxRecord;
  }

  /** The size that the peer takes, if that is less. */
  limitRecord(size: number): void {
    this.#maxRecord = Math.min(this.#maxRecord, size);
  }

  /** Sends a frame about the connection or a stream; one that waits already is sent once. */
  add(frame: PendingFrame): void {
    if (this.#isOver) return;
    this.#frames.add(frame);
    if (this.#frames.size > MAX_FRAMES_WAITING) return this.#options.onFull();
    this.#schedule();
  }

  /** Sends what a stream has; called again whenever it has more, or may send more. */
  ready(sender: Sender): void {
    if (this.#isOver) return;
    this.#senders.add(sender);
    this.#schedule();
  }

  /** Forgets a stream. */
  forget(sender: Sender): void {
    this.#senders.delete(sender);
    this.#blocked.delete(sender);
  }

  /** Sends a datagram; false, without sending it, when others wait. */
  datagram(bytes: Uint8Array): boolean {
    if (this.#isOver || this.#datagramBytes + bytes.length > MAX_DATAGRAM_BYTES_QUEUED) {
      return false;
    }
    this.#datagrams.push(bytes.slice());
    this.#datagramBytes += bytes.length;
    this.#schedule();
    return true;
  }

  /** The peer lets us send more in all. */
  raise(limit: number): boolean {
    if (!this.credit.raise(limit)) return false;
    for (const sender of this.#blocked) this.#senders.add(sender);
    this.#blocked.clear();
    this.#schedule();
    return true;
  }

  /** Sends these last frames behind the batch under way and nothing else, and ends the channel. */
  finish(frames: readonly Uint8Array[]): void {
    if (this.#isOver) return;
    this.close();
    const { channel } = this.#options;
    channel.send(frames.map((frame) => ({ parts: [frame], length: frame.length }))).catch(() => {});
    channel.end();
  }

  /** Sends nothing more. */
  close(): void {
    this.#isOver = true;
    this.#senders.clear();
    this.#blocked.clear();
    this.#frames.clear();
    this.#datagrams = [];
  }

  // A turn later, so that what is written at once is sent together.
  #schedule(): void {
    if (this.#isScheduled || this.#isWriting) return;
    this.#isScheduled = true;
    queueMicrotask(this.#send);
  }

  readonly #send = (): void => {
    this.#isScheduled = false;
    if (this.#isWriting || this.#isOver) return;
    const batch = new Batch(this.#maxRecord, this.#options.isPacked);
    this.#collectFrames(batch);
    this.#collectDatagrams(batch);
    this.#collectStreams(batch);
    const records = batch.finish();
    if (records.length === 0) return;
    this.#isWriting = true;
    this.#options.onWriting(true);
    // The channel says why it ended; streams hear it from there.
    this.#options.channel.send(records).then(this.#sent, () => {});
  };

  readonly #sent = (): void => {
    this.#isWriting = false;
    this.#options.onWriting(false);
    this.#schedule();
  };

  #collectFrames(batch: Batch): void {
    for (const frame of this.#frames) {
      if (batch.size >= BATCH_SIZE) return;
      this.#frames.delete(frame);
      const bytes = frame.encode();
      if (bytes !== undefined) batch.add(bytes);
    }
  }

  #collectDatagrams(batch: Batch): void {
    for (const bytes of this.#datagrams) batch.add(datagramHeader(bytes.length), bytes);
    this.#datagrams = [];
    this.#datagramBytes = 0;
  }

  #collectStreams(batch: Batch): void {
    const { credit } = this;
    while (batch.size < BATCH_SIZE) {
      const sender = this.#mostUrgent();
      if (sender === undefined) return;
      this.#senders.delete(sender);
      const frame = sender.next(batch.room, credit.available);
      if (frame === undefined) continue;
      if (frame === "blocked") {
        this.#blocked.add(sender);
        if (credit.isNews) batch.add(encodeFrame({ kind: "data_blocked", limit: credit.limit }));
        continue;
      }
      credit.use(frame.payload.length);
      batch.add(frame.header, frame.payload);
      // Behind the others of its priority.
      if (frame.hasMore) this.#senders.add(sender);
    }
  }

  #mostUrgent(): Sender | undefined {
    let best: Sender | undefined;
    for (const sender of this.#senders) {
      if (best === undefined || sender.priority > best.priority) best = sender;
    }
    return best;
  }
}

/** Packs frames into records. */
class Batch {
  readonly #maxRecord: number;
  readonly #isPacked: boolean;
  readonly #records: OutgoingRecord[] = [];
  #parts: Uint8Array[] = [];
  #length = 0;
  size = 0;

  constructor(maxRecord: number, isPacked: boolean) {
    this.#maxRecord = maxRecord;
    this.#isPacked = isPacked;
  }

  /** Bytes that a frame may have: what is left of the record, or all of the next one. */
  get room(): number {
    const left = this.#maxRecord - this.#length;
    return this.#isPacked && left >= USEFUL_ROOM ? left : this.#maxRecord;
  }

  add(header: Uint8Array, payload?: Uint8Array): void {
    const length = header.length + (payload?.length ?? 0);
    if (this.#length > 0 && (!this.#isPacked || this.#length + length > this.#maxRecord)) {
      this.#close();
    }
    this.#parts.push(header);
    if (payload !== undefined && payload.length > 0) this.#parts.push(payload);
    this.#length += length;
    this.size += length;
  }

  finish(): readonly OutgoingRecord[] {
    if (this.#length > 0) this.#close();
    return this.#records;
  }

  #close(): void {
    this.#records.push({ parts: this.#parts, length: this.#length });
    this.#parts = [];
    this.#length = 0;
  }
}

// In less a stream begins its part of the next record: a header is up to 25 bytes.
const USEFUL_ROOM = 256;
