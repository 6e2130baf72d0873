/** A test picture in H.264 as an encoder gives it, in real time. */
export interface TestPicture extends AsyncDisposable {
  /** Annex B, as it comes, until {@linkcode TestPicture.stop}. */
  readonly encoded: ReadableStream<Uint8Array>;
  /** Ends the encoder. */
  stop(): void;
}

/** How the picture moves. */
export interface TestPictureOptions {
  readonly framesPerSecond?: number;
  /** Frames from one key frame to the next. */
  readonly groupOfPictures?: number;
}

/** Starts ffmpeg; it goes on until it is disposed of. */
export function startTestPicture(
  { framesPerSecond = 30, groupOfPictures = 30 }: TestPictureOptions = {},
): TestPicture {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-re", "-f", "lavfi"],
      ...["-i", `testsrc=size=320x240:rate=${framesPerSecond}`],
      ...["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"],
      ...["-g", String(groupOfPictures), "-keyint_min", String(groupOfPictures)],
      ...["-f", "h264", "-"],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let running = true;
  const ended = child.status.finally(() => running = false);
  const stop = () => {
    if (running) child.kill("SIGKILL");
  };
  return {
    encoded: child.stdout,
    stop,
    async [Symbol.asyncDispose]() {
      stop();
      await ended;
      if (!child.stdout.locked) await child.stdout.cancel();
    },
  };
}
