import { ROOT_PATH } from "../support/root.ts";

/** A program that publishes what ffmpeg gives it; both are killed when it is disposed of. */
export interface PipedFilm extends AsyncDisposable {
  readonly publisher: Deno.ChildProcess;
}

/** Starts ffmpeg, and the program that takes its output from the standard input. */
export function pipeFilm(
  film: readonly string[],
  program: string,
  options: Deno.CommandOptions,
): PipedFilm {
  const camera = new Deno.Command("ffmpeg", {
    args: ["-loglevel", "error", ...film, "-"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const publisher = new Deno.Command(program, { ...options, stdin: "piped", stdout: "null" })
    .spawn();
  const piped = camera.stdout.pipeTo(publisher.stdin).catch(() => {});
  return {
    publisher,
    async [Symbol.asyncDispose]() {
      for (const one of [camera, publisher]) await killProcess(one);
      await piped;
    },
  };
}

/** As {@linkcode pipeFilm}, with `qumo-relay publish`. */
export function pipeToPublish(
  film: readonly string[],
  words: readonly string[],
  options: Pick<Deno.CommandOptions, "env" | "stderr"> = {},
): PipedFilm {
  const run = ["run", "--quiet", "--no-check", "--allow-all", "relay/main.ts"];
  const args = [...run, "publish", ...words, "--timeout", "60"];
  return pipeFilm(film, Deno.execPath(), { stderr: "null", ...options, args, cwd: ROOT_PATH });
}

/** Ends a process that may have ended before. */
export async function killProcess(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended before.
  }
  await child.status;
}
