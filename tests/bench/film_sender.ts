import { runToEnd } from "../support/processes/program_process.ts";

/** The name of the stream that is sent. */
export const STREAM = ["live", "cam"] as const;

/** A film of twenty seconds, which an encoder sends over and over. */
export class Film implements AsyncDisposable {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Encoded once, so that what sends it takes next to nothing of the machine that is measured. */
  static async make(): Promise<Film> {
    const path = await Deno.makeTempFile({ prefix: "qumo_bench_", suffix: ".mp4" });
    const { code, stderr } = await runToEnd([
      "ffmpeg",
      ...["-loglevel", "error", "-y", "-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30"],
      ...["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "20"],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-b:v", "2M"],
      ...["-maxrate", "2M", "-bufsize", "1M", "-g", "30", "-pix_fmt", "yuv420p"],
      ...["-c:a", "aac", "-b:a", "96k", path],
    ]);
    if (code !== 0) throw new Error(`ffmpeg, which this case needs, made no film: ${stderr}`);
    return new Film(path);
  }

  /** Sends it by RTMP in real time, as an encoder does, until the result is disposed of. */
  send(rtmpPort: number): AsyncDisposable {
    const child = new Deno.Command("ffmpeg", {
      args: [
        ...["-loglevel", "error", "-re", "-stream_loop", "-1", "-i", this.path, "-c", "copy"],
        ...["-f", "flv", `rtmp://127.0.0.1:${rtmpPort}/${STREAM.join("/")}`],
      ],
      stdin: "null",
      stdout: "null",
      stderr: "inherit",
    }).spawn();
    return {
      async [Symbol.asyncDispose]() {
        child.kill("SIGKILL");
        await child.status;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path);
  }
}
