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
