import { programMissing } from "../support/optional_test_case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";
import { killProcess, pipeFilm } from "./piped_film.ts";

const PROGRAM = "moq";

/** Why tests that need moq-dev's command line, and ffmpeg, cannot run here, or undefined when they can. */
export const moqCliMissing = programMissing(PROGRAM) ?? programMissing("ffmpeg");

/** A film as it is published until it is disposed of. */
export function publishFilm(
  server: QuicServerAddress,
  broadcast: string,
  path?: string,
): AsyncDisposable {
  const picture = ["-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=30"];
  const codec = ["-c:v", "libx264", "-g", "30", "-bf", "0", "-pix_fmt", "yuv420p"];
  const flags = "cmaf+separate_moof+delay_moov+skip_trailer+frag_every_frame";
  return pipeFilm([...picture, ...codec, "-f", "mp4", "-movflags", flags], PROGRAM, {
    args: [...connectTo(server, broadcast, path), "import", "fmp4"],
    stderr: "null",
  });
}

/** A viewer of a film, until it is disposed of. */
export interface FilmViewer extends AsyncDisposable {
  /** The beginning of the film, in H.264's Annex B; less where the viewer ends before. */
  read(length: number): Promise<Uint8Array>;
}

/** Watches a film. */
export function watchFilm(server: QuicServerAddress, broadcast: string): FilmViewer {
  const viewer = new Deno.Command(PROGRAM, {
    args: [...connectTo(server, broadcast), "export", "h264"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return {
    async read(length) {
      let film = new Uint8Array(0);
      for await (const bytes of viewer.stdout) {
        film = Uint8Array.of(...film, ...bytes);
        if (film.length >= length) break;
      }
      return film;
    },
    [Symbol.asyncDispose]: () => killProcess(viewer),
  };
}

function connectTo({ port }: QuicServerAddress, broadcast: string, path = "/"): string[] {
  const url = `https://127.0.0.1:${port}${path}`;
  return ["--connect", url, "--connect-tls-insecure", "--broadcast", broadcast];
}
