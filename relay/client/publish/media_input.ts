import { MediaError } from "../../media/errors.ts";
import type { MediaSink } from "../../media/ingest/media_sink.ts";
import { Pending } from "../../media/pending.ts";
import {
  conversion,
  FORMAT_NAMES,
  formatOf,
  type FoundFormat,
  type MediaFormat,
} from "./media_format.ts";
import { type MediaReader, mediaReader, type ReaderOptions } from "./media_reader.ts";

/** What is published from one input, in the format that its first bytes say. */
export class MediaInput {
  readonly #file: string;
  readonly #sink: MediaSink;
  readonly #options: ReaderOptions;
  readonly #head = new Pending();
  #format: MediaFormat | undefined;
  #reader: MediaReader | undefined;

  /** With the name of the input, for those who are told what is wrong with it. */
  constructor(file: string, sink: MediaSink, options: ReaderOptions) {
    this.#file = file;
    this.#sink = sink;
    this.#options = options;
  }

  /** Takes the next bytes. Throws {@linkcode MediaError}, in a sentence, for what cannot be published. */
  push(bytes: Uint8Array): void {
    if (this.#reader === undefined) this.#begin(this.#head.add(bytes), false);
    else this.#read((reader) => reader.push(bytes));
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#reader === undefined) this.#begin(this.#head.bytes, true);
    this.#read((reader) => reader.end?.());
  }

  #begin(head: Uint8Array, isWhole: boolean): void {
    const found = formatOf(head, isWhole);
    if (found === undefined) return;
    this.#format = this.#taken(found);
    this.#reader = mediaReader(this.#format, this.#sink, this.#options);
    this.#read((reader) => reader.push(head.slice()));
  }

  #taken(found: FoundFormat): MediaFormat {
    const file = this.#file;
    if (!found.isTaken) {
      const formats =
        `${FORMAT_NAMES.mp4}, ${FORMAT_NAMES.mpegts} and ${FORMAT_NAMES.h264} are taken`;
      throw new MediaError(
        `${file} is ${found.what}; ${formats}. This makes the first of most others:\n${
          conversion(file)
        }`,
      );
    }
    if (this.#options.framerate !== undefined && found.format !== "h264") {
      throw new MediaError(
        `${file} is ${FORMAT_NAMES[found.format]}, which says when its frames are: leave --fps out`,
      );
    }
    return found.format;
  }

  #read(step: (reader: MediaReader) => void): void {
    try {
      step(this.#reader!);
    } catch (error) {
      if (!(error instanceof MediaError)) throw error;
      const [file, format] = [this.#file, this.#format!];
      throw new MediaError(
        format === "mp4"
          ? `${file} is no fragmented MP4: ${error.message}. This makes one of it:\n${
            conversion(file)
          }`
          : `${file} is ${FORMAT_NAMES[format]} that cannot be published: ${error.message}`,
      );
    }
  }
}
