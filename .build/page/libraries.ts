import { fileURLToPath } from "node:url";

/** What is bundled, each into a file of its own: a page reads only what it needs. */
const BUNDLES = ["moq_publish", "moq_watch", "qr"] as const;

/** Where the results are. */
const FOLDER = "relay/page/libraries";

// Codecs for browsers that have none, under another license and from another host; they stay out.
const LEFT_OUT = ["@kixelated/libavjs-webcodecs-polyfill", "@libav.js/variant-opus-af"];

const HERE = new URL(".", import.meta.url);

/** The libraries of the relay's page, each as one file, and their licenses: text by path. */
export async function pageLibraries(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const name of BUNDLES) {
    const text = await run([
      ...["bundle", "--quiet", "--minify", "--platform", "browser"],
      ...LEFT_OUT.map((name) => `--external=${name}`),
      fileURLToPath(new URL(`${name}.ts`, HERE)),
    ]);
    files.set(`${FOLDER}/${name}.js`, text);
  }
  files.set(`${FOLDER}/licenses.txt`, await licenses());
  return files;
}

/** A package of the registry. */
interface Package {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
}

/** What every package that is in the bundles asks of whoever passes it on. */
async function licenses(): Promise<string> {
  const inside = new Map<string, Package>();
  let cache = "";
  for (const bundle of BUNDLES) {
    const info = JSON.parse(
      await run(["info", "--json", fileURLToPath(new URL(`${bundle}.ts`, HERE))]),
    ) as {
      npmPackages: Record<string, Package>;
      modules: { npmPackage?: string }[];
    };
    cache ||= JSON.parse(await run(["info", "--json"])).npmCache;
    const add = (id: string) => {
      const { name } = info.npmPackages[id]!;
      if (inside.has(id) || LEFT_OUT.includes(name)) return;
      inside.set(id, info.npmPackages[id]!);
      info.npmPackages[id]!.dependencies.forEach(add);
    };
    for (const { npmPackage } of info.modules) if (npmPackage !== undefined) add(npmPackage);
  }
  const byText = new Map<string, string[]>();
  for (const one of inside.values()) {
    const { head, text } = await licenseOf(one, cache);
    byText.set(text, [...byText.get(text) ?? [], head]);
  }
  const parts = Array.from(
    byText,
    ([text, heads]) => [[...new Set(heads)].sort().join("\n"), text].join("\n\n").trim(),
  );
  return `${[HEAD, ...parts.sort()].join("\n\n\n")}\n`;
}

const HEAD =
  `The pages to publish and to watch are made with these packages of npm. Where a package comes
without a text of its license, the license is the one that it names; the text of the Apache License 2.0
is that of this program.`;

async function licenseOf({ name, version }: Package, cache: string) {
  const folder = `${cache}/registry.npmjs.org/${name}/${version}`;
  const { license, repository } = JSON.parse(await Deno.readTextFile(`${folder}/package.json`));
  const from = typeof repository === "string" ? repository : repository?.url ?? "";
  const text = await Deno.readTextFile(`${folder}/LICENSE`).catch(() => "");
  return {
    head: `${name} ${version}: ${license}${from === "" ? "" : `, ${from}`}`,
    text: text.trim().replace(/^(?=.)/gm, "    ").replace(/[ \r]+$/gm, ""),
  };
}

async function run(args: readonly string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: fileURLToPath(new URL("../..", HERE)),
  }).output();
  const text = new TextDecoder();
  if (!success) throw new Error(`deno ${args[0]} failed: ${text.decode(stderr)}`);
  return text.decode(stdout);
}
