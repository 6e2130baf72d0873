/** The interpreter that runs the peers written in Python, and scripts of ours in it. */

const NAMED = Deno.env.get("TEST_PYTHON");

/** Where Python is: what `TEST_PYTHON` says, or the machine's own. */
export const PEERS_PYTHON = NAMED ?? "python3";

/** What `requirements.txt` brings, by the names that Python knows them by. */
export type PythonModule = "aiomoqt" | "aioquic" | "moq";

const PROBE = "import sys; from importlib.util import find_spec; " +
  "print(*[name for name in sys.argv[1:] if find_spec(name)])";

let present: ReadonlySet<string> | undefined;

/**
 * Why tests that need this module cannot run here, or undefined when they can. An interpreter that
 * was named must have it: what it lacks is a failure.
 */
export function pythonMissing(module: PythonModule): string | undefined {
  if (NAMED !== undefined) return undefined;
  present ??= findModules(["aiomoqt", "aioquic", "moq"]);
  if (present.has(module)) return undefined;
  return `no Python with ${module}; see tests/peers/README.md`;
}

function findModules(names: readonly string[]): ReadonlySet<string> {
  try {
    const { stdout } = new Deno.Command(PEERS_PYTHON, {
      args: ["-c", PROBE, ...names],
      stderr: "null",
    }).outputSync();
    return new Set(new TextDecoder().decode(stdout).trim().split(" "));
  } catch {
    return new Set();
  }
}

/** A script that takes and says lines of JSON. It ends when nobody can tell it anything any more. */
export class PythonScript implements AsyncDisposable {
  /** How it ended, once it has and everything it said was heard. */
  readonly ended: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  #log = "";
  #running = true;

  /** `heard` is called with each line. */
  constructor(script: URL, args: readonly string[], heard: (message: unknown) => void) {
    this.#child = new Deno.Command(PEERS_PYTHON, {
      args: [script.pathname, ...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    // Whoever waits for its end reads why, and a script that ended takes no more lines.
    this.#input.closed.catch(() => {});
    const output = Promise.all([this.#hear(heard), this.#collectLog()]);
    this.ended = this.#child.status.then(async (status) => {
      this.#running = false;
      await output;
      return status;
    });
  }

  /** Sends a line. */
  send(message: unknown): void {
    const line = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
    this.#input.write(line).catch(() => {});
  }

  /** What it wrote to its standard error. */
  log(): string {
    return this.#log;
  }

  /** Sends a signal: SIGKILL for a machine that lost its power, SIGSTOP for one that hangs. */
  kill(signal: Deno.Signal): void {
    if (!this.#running) return;
    try {
      this.#child.kill(signal);
    } catch (error) {
      // It has ended, and nobody was told yet.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGCONT");
    await this.#input.close().catch(() => {});
    await this.ended;
  }

  async #hear(heard: (message: unknown) => void): Promise<void> {
    let rest = "";
    for await (const text of this.#child.stdout.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + text).split("\n");
      rest = lines.pop()!;
      for (const line of lines) heard(JSON.parse(line));
    }
  }

  async #collectLog(): Promise<void> {
    for await (const text of this.#child.stderr.pipeThrough(new TextDecoderStream())) {
      this.#log += text;
    }
  }
}
