import { programMissing } from "../support/optional_test_case.ts";
import { numberedFilm } from "./numbered_picture.ts";

/** Why tests that need ffmpeg as an encoder cannot run here, or undefined when they can. */
export const ffmpegMissing = programMissing("ffmpeg");

/** What ffmpeg sends, and where to. */
export interface EncoderOptions {
  /** As ffmpeg takes it: `rtmp://…` or `http://…`. */
  readonly url: string;
  /** How it is encoded; the film has a sound beside it. */
  readonly codecs?: readonly string[];
  /** What stands before the URL; FLV is what RTMP has. */
  readonly format?: readonly string[];
}

/** H.264 and AAC, as encoders send it that want no delay, with a key frame every second. */
export const H264_AAC: readonly string[] = [
  ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
  ...["-g", "10", "-c:a", "aac", "-b:a", "64k"],
];

/** Fragmented MP4 by HTTP, a fragment for each group of pictures. */
export const MP4_BY_PUT: readonly string[] = [
  ...["-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-method", "PUT"],
];

/** An encoder that runs until it is stopped or disposed of. */
export interface EncoderProcess extends AsyncDisposable {
  /** Ends it as a person does who has sent enough. */
  stop(): Promise<void>;
  /** Ends it as a machine does that fails. */
  kill(): Promise<void>;
  /** What it wrote about errors, once it has ended. */
  readonly errors: Promise<string>;
}

/** Sends the film of numbered pictures in real time, over and over. */
export async function startEncoder(
  { url, codecs = H264_AAC, format = ["-f", "flv"] }: EncoderOptions,
): Promise<EncoderProcess> {
  const film = await Deno.makeTempFile({ suffix: ".y4m" });
  await Deno.writeFile(film, numberedFilm());
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "warning", "-re", "-stream_loop", "-1", "-i", film],
      ...["-re", "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"],
      ...codecs,
      ...format,
      url,
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const errors = new Response(child.stderr).text();
  const end = async (signal: Deno.Signal) => {
    try {
      child.kill(signal);
    } catch {
      // It has ended before.
    }
    await child.status;
    await errors;
  };
  return {
    errors,
    stop: () => end("SIGINT"),
    kill: () => end("SIGKILL"),
    async [Symbol.asyncDispose]() {
      await end("SIGKILL");
      await child.stdin.close().catch(() => {});
      await Deno.remove(film);
    },
  };
}
