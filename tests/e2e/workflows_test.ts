/** What the workflows say must be so, as far as this machine can tell. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { TARGETS } from "../../.build/targets.ts";
import { toolTest } from "../support/tools.ts";
import { ROOT } from "../support/root.ts";

const NAMES = ["ci", "release"];

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly "timeout-minutes"?: number;
  readonly needs?: string | readonly string[];
  readonly strategy?: { readonly matrix: { readonly include?: readonly { target: string }[] } };
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly env: { readonly DENO: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

const texts = new Map<string, string>();
for (const name of NAMES) {
  texts.set(name, await Deno.readTextFile(new URL(`.github/workflows/${name}.yml`, ROOT)));
}

toolTest("actionlint", "has nothing to say of the workflows", async (run) => {
  const files = NAMES.map((name) => new URL(`.github/workflows/${name}.yml`, ROOT));
  await run(files.map((file) => fileURLToPath(file)));
});

for (const [name, text] of texts) {
  const workflow = parse(text) as Workflow;
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  Deno.test(`${name}.yml takes each action at one commit and says which version that is`, () => {
    const uses = text.match(/^.*\buses:.*$/gm) ?? [];
    assert.ok(uses.length > 0);
    for (const line of uses) assert.match(line, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  Deno.test(`${name}.yml may read, and its jobs get no more than one thing to write`, () => {
    assert.deepEqual(workflow.permissions, { contents: "read" });
    for (const [id, job] of Object.entries(workflow.jobs)) {
      const writes = Object.values(job.permissions ?? {}).filter((level) => level === "write");
      assert.ok(writes.length <= 1, id);
      assert.ok(job["timeout-minutes"]! <= 90, `${id} may run for ever`);
    }
    for (const step of steps.filter(({ uses }) => uses?.startsWith("actions/checkout@"))) {
      assert.equal(step.with?.["persist-credentials"], false);
    }
  });

  Deno.test(`${name}.yml runs what there is, on the Deno that everything is tested with`, async () => {
    const { tasks } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
    const commands = steps.map(({ run }) => run ?? "").join("\n");
    for (const [, task] of commands.matchAll(/\bdeno task ([\w:]+)/g)) {
      assert.ok(task! in tasks, task);
    }
    for (const [path] of commands.matchAll(/\b(?:tests|\.ci)\/[\w/.]+/g)) {
      assert.ok((await Deno.stat(new URL(path, ROOT))).isFile, path);
    }
    const version = workflow.env.DENO.replace("v", "");
    for (const file of [".ci/run", "Dockerfile"]) {
      assert.ok((await Deno.readTextFile(new URL(file, ROOT))).includes(version), file);
    }
  });
}

Deno.test("release.yml publishes nothing that has not lived", () => {
  const { jobs } = parse(texts.get("release")!) as Workflow;
  const before = (id: string): string[] => {
    const needs = [jobs[id]!.needs ?? []].flat();
    return [...needs, ...needs.flatMap(before)];
  };
  for (const id of ["image", "publish"]) assert.ok(before(id).includes("live"), id);
  const lived = jobs["live"]!.strategy!.matrix.include!.map(({ target }) => target);
  const linux = TARGETS.map(({ name }) => name).filter((name) => name.includes("linux"));
  assert.deepEqual(lived.sort(), linux.sort());
});
