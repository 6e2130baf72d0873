import assert from "node:assert/strict";
import { Deadline } from "../support/deadline.ts";

const DEMO = new URL("./demo.ts", import.meta.url).href;

/** No link breaks because its relays have no processor for a while. */
const PATIENT = { QUMO_MESH_LINK_TIMEOUT_MS: "5000" };

/** What the demo prints where nobody sits at a terminal: lines, never taken back. */
class RunningDemo {
  readonly #child: Deno.ChildProcess;
  readonly #stderr: Promise<string>;
  readonly #lines: ReadableStreamDefaultReader<string>;
  stdout = "";

  constructor(args: readonly string[] = [], env: Record<string, string> = {}) {
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", DEMO, ...args],
      env,
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#stderr = new Response(this.#child.stderr).text();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads until what was printed looks like this. */
  async until(pattern: RegExp): Promise<void> {
    while (!pattern.test(this.stdout)) {
      const { value, done } = await this.#lines.read();
      if (done) throw new Error(`Never printed ${pattern}:\n${this.stdout}${await this.#stderr}`);
      this.stdout += value;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  /** What a terminal does that is closed: nobody reads any more. */
  async hangUp(): Promise<void> {
    this.#child.kill("SIGHUP");
    await this.#lines.cancel();
    await this.#child.status;
    await this.#stderr;
  }

  /** Reads the rest; how it ended and what it complained about. */
  async ended(): Promise<{ readonly code: number; readonly stderr: string }> {
    for (let part = await this.#lines.read(); !part.done; part = await this.#lines.read()) {
      this.stdout += part.value;
    }
    const { code } = await this.#child.status;
    return { code, stderr: await this.#stderr };
  }
}

Deno.test("the demo ends by itself after --seconds, and nothing was lost on any way", async () => {
  using deadline = new Deadline();
  const demo = new RunningDemo(["--seconds", "4"], PATIENT);
  const { code, stderr } = await deadline.for("the demo", demo.ended());
  assert.equal(code, 0, demo.stdout + stderr);
  assert.equal(stderr, "");
  const { stdout } = demo;
  assert.match(stdout, /^watch it +http:\/\/127\.0\.0\.1:\d+\/watch\?name=demo\n/);
  assert.match(stdout, /^the page +http:\/\/127\.0\.0\.1:\d+\/ /m);
  for (const relay of ["tokyo", "london", "newyork"]) {
    const where = `^${relay} +https://127\\.0\\.0\\.1:(\\d+) .*moqt://127\\.0\\.0\\.1:\\1 .*\n`;
    assert.match(stdout, new RegExp(`${where} +certificate sha256 [0-9a-f]{64}$`, "m"));
  }
  for (const way of ["london +1 hop: tokyo", "newyork +2 hops: london, tokyo"]) {
    const numbers = "\\d+\\.\\d obj/s  lost 0  p50/p99 .* Mbit/s  groups \\d+";
    assert.match(stdout, new RegExp(`^ +3 s +${way} +${numbers}$`, "m"));
    // A terminal of 80 columns shows what was lost and how late things are.
    assert.match(stdout, new RegExp(`^(?= +3 s +${way}).{0,79}(?<= ms)  `, "m"));
  }
  for (const viewer of ["london, @moq/net over WebTransport", "newyork, @moq/net over QUIC"]) {
    const [, objects] =
      stdout.match(new RegExp(`^${viewer} +objects (\\d+) of \\d+ .* lost 0 `, "m")) ??
        [];
    assert.ok(Number(objects) >= 30, `${viewer} had ${objects} objects:\n${stdout}`);
  }
  assert.match(stdout, /\nNothing was lost\.\n$/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(stdout, /[\r\x1b]/);
});

Deno.test("the demo kills the relay in the middle, and says what the viewer behind it saw", async () => {
  using deadline = new Deadline();
  const demo = new RunningDemo(["--kill"]);
  await deadline.for("the kill", demo.until(/london is killed; newyork watched by 2 hops/));
  await deadline.for(
    "newyork to go on",
    demo.until(/newyork saw nothing new for \d+ ms and goes on by 1 hop: tokyo\n/),
  );
  demo.interrupt();
  const { code, stderr } = await deadline.for("the demo", demo.ended());
  assert.equal(code, 0, demo.stdout + stderr);
});

onLinux(
  "the demo says what was lost when a relay is killed from outside",
  async () => {
    using deadline = new Deadline();
    const demo = new RunningDemo();
    await deadline.for("the first second", demo.until(/^ +1 s .*\n/m));
    assert.match(demo.stdout, /^Ctrl-C ends it/m);
    await killRelay("london", demo.pid);
    await deadline.for("a word about it", demo.until(/london has ended, and not by this demo\n/));
    await deadline.for("some more seconds", demo.until(/^ +6 s .*\n/m));
    demo.interrupt();
    const { code } = await deadline.for("the demo", demo.ended());
    assert.equal(code, 1, demo.stdout);
    assert.match(demo.stdout, /\nSomething was lost\. london ended on the way\.\n$/);
  },
);

/** Kills the relay of this name that is a child of the demo's. */
async function killRelay(name: string, parent: number): Promise<void> {
  const child = (await childrenOf(parent)).find(({ command }) => command.includes(`/${name}.yaml`));
  if (child === undefined) assert.fail(`no relay ${name} runs`);
  Deno.kill(child.pid, "SIGKILL");
}

/** The processes that a process started, with their arguments. */
async function childrenOf(parent: number) {
  const children: { readonly pid: number; readonly command: string }[] = [];
  for await (const { name: pid } of Deno.readDir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
      const command = await Deno.readTextFile(`/proc/${pid}/cmdline`);
      const isChild = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === parent;
      if (isChild) children.push({ pid: Number(pid), command });
    } catch {
      // It ended while it was looked at.
    }
  }
  return children;
}

onLinux("the demo ends all that it started when its terminal is closed", async () => {
  using deadline = new Deadline();
  const demo = new RunningDemo();
  await deadline.for("the first second", demo.until(/^ +1 s .*\n/m));
  const children = await childrenOf(demo.pid);
  assert.equal(children.length, 4, "a controller and three relays");
  await deadline.for("the demo", demo.hangUp());
  for (const { pid } of children) {
    await assert.rejects(Deno.stat(`/proc/${pid}`), Deno.errors.NotFound);
  }
});

Deno.test("the demo ends at Ctrl-C with its summary", async () => {
  using deadline = new Deadline();
  const demo = new RunningDemo();
  await deadline.for("something behind two relays", demo.until(/ s +newyork .* [1-9]\d*\.\d obj/));
  demo.interrupt();
  const { code, stderr } = await deadline.for("the demo", demo.ended());
  assert.equal(code, 0, demo.stdout + stderr);
  assert.match(demo.stdout, /\nIn \d+\.\d s:\n/);
});

Deno.test("the demo explains itself, and refuses what it does not know", async () => {
  using deadline = new Deadline();
  const help = new RunningDemo(["--help"]);
  assert.equal((await deadline.for("the help", help.ended())).code, 0);
  assert.match(help.stdout, /--seconds N/);
  const refused = [
    ["--second", "3"],
    ["--seconds", "soon"],
    ["--seconds", "-1"],
    ["--kill", "--seconds", "3"],
  ];
  for (const args of refused) {
    const demo = new RunningDemo(args);
    const { code, stderr } = await deadline.for("the refusal", demo.ended());
    assert.equal(code, 2, args.join(" "));
    assert.match(stderr, /Try deno task demo --help\n$/);
  }
});

/** Other systems list their processes in other ways. */
function onLinux(name: string, test: () => Promise<void>): void {
  (Deno.build.os === "linux" ? Deno.test : Deno.test.ignore)(name, test);
}
