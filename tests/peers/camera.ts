/** ffmpeg as a camera of which every picture is a group, published with `qumo-relay publish`. */
import { ROOT_PATH } from "../support/root.ts";

const CODEC = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "1"];
const AS_MP4 = ["-f", "mp4", "-movflags", "cmaf+delay_moov+frag_every_frame", "-"];

/** Publishes until it is disposed of. */
export function publishCamera(url: string, name: string, rate: number): AsyncDisposable {
  const camera = new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-re", "-f", "lavfi", "-i", `testsrc=size=160x120:rate=${rate}`],
      ...["-pix_fmt", "yuv420p", ...CODEC, ...AS_MP4],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const words = ["publish", url, name, "-", "--timeout", "60"];
  const publisher = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-all", "relay/main.ts", ...words],
    cwd: ROOT_PATH,
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const piped = camera.stdout.pipeTo(publisher.stdin).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      for (const one of [camera, publisher]) {
        try {
          one.kill("SIGKILL");
        } catch {
          // It has ended before.
        }
        await one.status;
      }
      await piped;
    },
  };
}
