import { systemClock } from "@qumo/shared/runtime";

const [WIDTH, HEIGHT] = [320, 180];
const [BRIGHT, DARK] = [220, 30];
const INTERVAL_MS = 1000 / 30;

/** Bits of the time that a picture shows, in milliseconds: it begins anew after a minute. */
export const CLOCK_BITS = 16;

/**
 * A picture that shows when it was made, sent by RTMP until it is disposed of: fields above are the
 * bits of the time, bright for 1, and those below are the same the other way round.
 */
export function sendClockPicture(url: string): AsyncDisposable {
  const child = new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-probesize", "32", "-analyzeduration", "0"],
      ...["-use_wallclock_as_timestamps", "1", "-f", "rawvideo", "-pix_fmt", "gray"],
      ...["-video_size", `${WIDTH}x${HEIGHT}`, "-framerate", "30", "-i", "-"],
      ...["-fps_mode", "passthrough", "-c:v", "libx264", "-preset", "ultrafast"],
      ...["-tune", "zerolatency", "-g", "30", "-pix_fmt", "yuv420p", "-flush_packets", "1"],
      ...["-f", "flv", url],
    ],
    stdin: "piped",
    stdout: "null",
    stderr: "inherit",
  }).spawn();
  const ended = new AbortController();
  const sending = send(child.stdin, ended.signal);
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      child.kill("SIGKILL");
      await child.status;
      await sending;
    },
  };
}

async function send(to: WritableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
  const writer = to.getWriter();
  // When it is killed, what is under way has nowhere to go.
  writer.closed.catch(() => {});
  const start = performance.now();
  for (let number = 0; !signal.aborted; number++) {
    const { promise: due, resolve } = Promise.withResolvers<void>();
    systemClock.after(Math.max(0, start + number * INTERVAL_MS - performance.now()), resolve);
    await due;
    await writer.write(draw(Date.now())).catch(() => {});
  }
  await writer.close().catch(() => {});
}

/** The picture of this time. */
export function draw(time: number): Uint8Array {
  const picture = new Uint8Array(WIDTH * HEIGHT);
  for (let y = 0; y < HEIGHT; y++) {
    const bits = y < HEIGHT / 2 ? time % 2 ** CLOCK_BITS : ~(time % 2 ** CLOCK_BITS);
    for (let bit = 0; bit < CLOCK_BITS; bit++) {
      const from = y * WIDTH + bit * WIDTH / CLOCK_BITS;
      picture.fill(bits >> bit & 1 ? BRIGHT : DARK, from, from + WIDTH / CLOCK_BITS);
    }
  }
  return picture;
}
