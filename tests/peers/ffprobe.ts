import { programMissing } from "../support/optional_test_case.ts";

/** Why tests that need ffprobe cannot run here, or undefined when they can. */
export const ffprobeMissing = programMissing("ffprobe");

/** What ffprobe found. */
export interface Probed {
  readonly streams: readonly {
    readonly codec_name: string;
    readonly width?: number;
    readonly height?: number;
    readonly sample_rate?: string;
    /** Frames that were decoded. */
    readonly nb_read_frames: string;
  }[];
  /** What it complained of. */
  readonly errors: string;
}

/** Plays what is at a URL for some seconds, and counts the frames that can be decoded. */
export async function probe(url: string, seconds: number): Promise<Probed> {
  const { stdout, stderr } = await new Deno.Command("ffprobe", {
    args: [
      ...["-v", "error", "-count_frames", "-read_intervals", `%+${seconds}`],
      ...["-show_entries", "stream=codec_name,width,height,sample_rate,nb_read_frames"],
      ...["-of", "json", url],
    ],
  }).output();
  const text = new TextDecoder();
  const { streams } = JSON.parse(text.decode(stdout)) as Pick<Probed, "streams">;
  return { streams, errors: text.decode(stderr) };
}

/** When each packet of a file is decoded, in seconds: by its stream, in the order of the file. */
export async function decodingTimes(file: string): Promise<ReadonlyMap<number, readonly number[]>> {
  const { stdout } = await new Deno.Command("ffprobe", {
    args: [
      ...["-v", "error", "-show_entries", "packet=stream_index,dts_time", "-of", "json"],
      file,
    ],
  }).output();
  const { packets } = JSON.parse(new TextDecoder().decode(stdout)) as {
    readonly packets: readonly { readonly stream_index: number; readonly dts_time: string }[];
  };
  const times = new Map<number, number[]>();
  for (const { stream_index, dts_time } of packets) {
    if (!times.has(stream_index)) times.set(stream_index, []);
    times.get(stream_index)!.push(Number(dts_time));
  }
  return times;
}
