import { execFileSync } from "node:child_process";

/** What ffmpeg writes to its standard output, from what it is given there as input. */
export function ffmpegBytes(
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const all = ["-loglevel", "error", ...args, "-"];
  return new Uint8Array(execFileSync("ffmpeg", all, { input, maxBuffer: Infinity }));
}

/** A test picture of so many seconds, ten pictures a second, with a tone beside it where it is wanted. */
export function testFilm(seconds: number, { hasSound = true } = {}): string[] {
  const picture = `testsrc=size=160x120:rate=10:duration=${seconds}`;
  const tone = `sine=duration=${seconds}:sample_rate=48000`;
  return ["-f", "lavfi", "-i", picture, ...(hasSound ? ["-f", "lavfi", "-i", tone] : [])];
}
