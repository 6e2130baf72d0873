/** ffmpeg as a camera of which every picture is a group, published with `qumo-relay publish`. */
import { pipeToPublish } from "./piped_film.ts";

const CODEC = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "1"];
const AS_MP4 = ["-f", "mp4", "-movflags", "cmaf+delay_moov+frag_every_frame"];

/** Publishes until it is disposed of. */
export function publishCamera(url: string, name: string, rate: number): AsyncDisposable {
  const picture = ["-re", "-f", "lavfi", "-i", `testsrc=size=160x120:rate=${rate}`];
  const film = [...picture, "-pix_fmt", "yuv420p", ...CODEC, ...AS_MP4];
  return pipeToPublish(film, [url, name, "-"]);
}
