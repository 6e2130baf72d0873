import assert from "node:assert/strict";

/** What ffmpeg writes to its standard output, from what it is given there as input. */
export async function ffmpegBytes(
  args: readonly string[],
  input: Uint8Array = new Uint8Array(),
): Promise<Uint8Array<ArrayBuffer>> {
  const child = new Deno.Command("ffmpeg", {
    args: ["-loglevel", "error", ...args, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const feeding = ReadableStream.from([input]).pipeTo(child.stdin);
  const { stdout, success } = await child.output();
  await feeding;
  assert.ok(success);
  return stdout;
}

/** A test picture of so many seconds, ten pictures a second, with a tone beside it where it is wanted. */
export function testFilm(seconds: number, { hasSound = true } = {}): string[] {
  const picture = `testsrc=size=160x120:rate=10:duration=${seconds}`;
  const tone = `sine=duration=${seconds}:sample_rate=48000`;
  return [
    ...["-f", "lavfi", "-i", picture],
    ...(hasSound ? ["-f", "lavfi", "-i", tone] : []),
  ];
}
