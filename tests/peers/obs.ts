import { programMissing } from "../support/optional_test_case.ts";
import { numberedFilm } from "./numbered_picture.ts";

/** Why tests that need OBS, on a screen that nobody sees, cannot run here; undefined when they can. */
export const obsMissing = programMissing("obs") ?? programMissing("Xvfb");

/** What a person sets up in OBS. */
export interface ObsOptions {
  readonly server: string;
  readonly streamKey: string;
  /** The file `basic.ini` of a profile: output, picture and sound. */
  readonly profile: string;
}

const NAME = "Test";
/** As wide and as high as the canvas of the profile. */
const [WIDTH, HEIGHT] = [640, 360];

/** Starts OBS, which streams the film of numbered pictures until it is disposed of. */
export async function startObs(options: ObsOptions): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const home = await Deno.makeTempDir({ prefix: "qumo_" });
  stack.defer(() => Deno.remove(home, { recursive: true }));
  await writeSettings(home, options);
  const screen = start("Xvfb", ["-displayfd", "1", "-screen", "0", "800x600x24"], {});
  stack.defer(() => screen.end("SIGTERM"));
  const display = await firstLine(screen.stdout);
  const program = start("obs", ["--startstreaming", "--multi", "--disable-updater"], {
    HOME: home,
    XDG_CONFIG_HOME: `${home}/.config`,
    XDG_RUNTIME_DIR: home,
    DISPLAY: `:${display}`,
    QT_QPA_PLATFORM: "xcb",
    LIBGL_ALWAYS_SOFTWARE: "1",
  });
  // It would ask whether it may end while it streams.
  stack.defer(() => program.end("SIGKILL"));
  void program.stdout.pipeTo(new WritableStream()).catch(() => {});
  return stack.move();
}

function start(program: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = new Deno.Command(program, {
    args: [...args],
    env,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  return {
    stdout: child.stdout,
    async end(signal: Deno.Signal) {
      try {
        child.kill(signal);
      } catch {
        // It has ended before.
      }
      await child.status;
    },
  };
}

async function firstLine(output: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<string> {
  let text = "";
  for await (const part of output.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (text.includes("\n")) return text.split("\n")[0]!;
  }
  throw new Error("Xvfb says no display");
}

/** What OBS keeps in its folder for one profile, and one scene with a film. */
async function writeSettings(
  home: string,
  { server, streamKey, profile }: ObsOptions,
): Promise<void> {
  const film = `${home}/film.y4m`;
  const settings = `${home}/.config/obs-studio`;
  const files = {
    "global.ini": `[General]\nFirstRun=true\nEnableAutoUpdates=false\n
[Basic]\nProfile=${NAME}\nProfileDir=${NAME}\nSceneCollection=${NAME}\nSceneCollectionFile=${NAME}\n
[BasicWindow]\nSysTrayEnabled=false\nWarnBeforeStartingStream=false\n`,
    [`basic/profiles/${NAME}/basic.ini`]: `[General]\nName=${NAME}\n\n${profile}`,
    [`basic/profiles/${NAME}/service.json`]: JSON.stringify({
      type: "rtmp_custom",
      settings: { server, key: streamKey, use_auth: false },
    }),
    [`basic/scenes/${NAME}.json`]: JSON.stringify(scenesWith(film)),
  };
  await Deno.mkdir(`${settings}/basic/profiles/${NAME}`, { recursive: true });
  await Deno.mkdir(`${settings}/basic/scenes`);
  await Deno.writeFile(film, numberedFilm());
  for (const [path, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${settings}/${path}`, text);
  }
}

function scenesWith(film: string) {
  const corner = { x: 0, y: 0 };
  return {
    name: NAME,
    current_scene: "Scene",
    current_program_scene: "Scene",
    scene_order: [{ name: "Scene" }],
    sources: [
      {
        id: "ffmpeg_source",
        name: "Film",
        settings: { local_file: film, is_local_file: true, looping: true, hw_decode: false },
        enabled: true,
      },
      {
        id: "scene",
        name: "Scene",
        settings: {
          id_counter: 1,
          items: [{
            name: "Film",
            id: 1,
            visible: true,
            pos: corner,
            scale: { x: 1, y: 1 },
            align: 5,
            // Stretched over the whole canvas.
            bounds_type: 1,
            bounds: { x: WIDTH, y: HEIGHT },
          }],
        },
        enabled: true,
      },
    ],
  };
}
