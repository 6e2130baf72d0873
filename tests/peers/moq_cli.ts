import { programMissing } from "../support/optional_test_case.ts";
import type { QuicServerAddress } from "../support/transport/quic_transport.ts";

const PROGRAM = "moq";

/** Why tests that need moq-dev's command line, and ffmpeg, cannot run here, or undefined when they can. */
export const moqCliMissing = programMissing(PROGRAM) ?? programMissing("ffmpeg");

/** A film as it is published until it is disposed of. */
export function publishFilm(
  server: QuicServerAddress,
  broadcast: string,
  path?: string,
): AsyncDisposable {
  const camera = new Deno.Command("ffmpeg", {
    args: [
      ...["-loglevel", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=30"],
      ...["-c:v", "libx264", "-g", "30", "-bf", "0", "-pix_fmt", "yuv420p", "-f", "mp4"],
      ...["-movflags", "cmaf+separate_moof+delay_moov+skip_trailer+frag_every_frame", "-"],
    ],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const publisher = new Deno.Command(PROGRAM, {
    args: [...connectTo(server, broadcast, path), "import", "fmp4"],
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const piped = camera.stdout.pipeTo(publisher.stdin).catch(() => {});
  return {
    async [Symbol.asyncDispose]() {
      for (const one of [camera, publisher]) await end(one);
      await piped;
    },
  };
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
    [Symbol.asyncDispose]: () => end(viewer),
  };
}

function connectTo({ port }: QuicServerAddress, broadcast: string, path = "/"): string[] {
  const url = `https://127.0.0.1:${port}${path}`;
  return ["--connect", url, "--connect-tls-insecure", "--broadcast", broadcast];
}

async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended before.
  }
  await child.status;
}
