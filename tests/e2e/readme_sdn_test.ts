import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";

/** A command of the walk, and the parts that its answer must have. */
interface Step {
  readonly line: string;
  readonly expected: readonly string[];
}

const ROOT = new URL("../../", import.meta.url);
const README_ADDRESS = "127.0.0.1:8090";
const hasCurl = await run("curl", ["--version"]).then(({ code }) => code === 0, () => false);

/** The lines between the README's marks: commands, and after `#>` what each of them answers. */
async function readWalk(): Promise<Step[]> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const walk = /<!-- walk:begin.*?```sh\n(.*?)```\n\n<!-- walk:end -->/s.exec(readme)?.[1];
  const steps: { line: string; expected: string[] }[] = [];
  for (const line of (walk ?? assert.fail("the README has no walk")).split("\n")) {
    if (line.startsWith("#> ")) steps.at(-1)?.expected.push(line.slice("#> ".length));
    else if (line !== "" && !line.startsWith("#")) steps.push({ line, expected: [] });
  }
  return steps;
}

async function run(command: string, args: readonly string[], env: Record<string, string> = {}) {
  const options = { args: [...args], env };
  const { code, stdout, stderr } = await new Deno.Command(command, options).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** The command of `deno task sdn`, with what it may and may not. */
async function taskArguments(): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const [program, ...args] = tasks.sdn.command.split(" ");
  assert.equal(program, "deno");
  return args;
}

/** A controller as `deno task sdn` runs it, but for its port. */
async function startController() {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...await taskArguments(), "--address", "127.0.0.1:0"],
    cwd: ROOT,
    env: { DENO_NO_PROMPT: "1" },
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const output = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await output.read();
    assert.equal(done, false, "it ended before it was ready");
    text += value;
  }
  const address = /http:\/\/(\S+)/.exec(text)?.[1] ?? assert.fail(text);
  return {
    address,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      while (!(await output.read()).done);
      assert.equal((await child.status).code, 0);
    },
  };
}

Deno.test({
  // Where there is no curl nobody can walk; every Debian image of Node has it.
  name: `the README's walk through the controller's API does what the README says${
    hasCurl ? "" : " (skipped: there is no curl)"
  }`,
  ignore: !hasCurl,
  async fn() {
    using deadline = new Deadline();
    const walk = await readWalk();
    await using controller = await deadline.for("a controller", startController());
    // The lines run as they are written: curl itself is told where the README's address is.
    const home = await Deno.makeTempDir();
    const route = `connect-to = "${README_ADDRESS}:${controller.address}"`;
    await Deno.writeTextFile(`${home}/.curlrc`, `${route}\nnoproxy = "*"\nfail-with-body\n`);
    for (const { line, expected } of walk) {
      const ended = run("bash", ["-c", line], { CURL_HOME: home });
      const { code, stdout, stderr } = await deadline.for(line, ended);
      assert.equal(code, 0, `${line}\n${stdout}${stderr}`);
      for (const part of expected) assert.ok(stdout.includes(part), `${line}\n${stdout}`);
    }
    await Deno.remove(home, { recursive: true });
    assert.ok(walk.length >= 10 && walk.some(({ expected }) => expected.length > 0));
  },
});
