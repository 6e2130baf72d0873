const ROOT = new URL("../../", import.meta.url);

/** A program that runs and answers over HTTP. */
export interface RunningProgram extends AsyncDisposable {
  /** The text at a path. */
  get(path: string): Promise<string>;
}

/**
 * Runs what `deno task NAME` runs, with `args` behind it, until it is disposed of. Rejects when it ends
 * before it is ready.
 */
export async function runTask(name: string, args: readonly string[]): Promise<RunningProgram> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const [, ...command]: string[] = tasks[name].command.split(" ");
  const child = new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: ROOT,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) throw new Error(`deno task ${name} ended before it was ready`);
    text += value;
  }
  const origin = /http:\/\/[\d.]+:\d+/.exec(text)![0];
  return {
    async get(path) {
      const answer = await fetch(origin + path);
      if (!answer.ok) throw new Error(`${path} answered ${answer.status}`);
      return await answer.text();
    },
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}
