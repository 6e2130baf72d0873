import assert from "node:assert/strict";
import { bundledModules, embeddedPaths } from "./embedded.ts";

const OUTPUT = `Compile relay/main.ts to out

Embedded Files

out
├─┬ .deno_compile_node_modules (12.07MB - 11.97MB unique)
│ └─┬ localhost (12.07MB - 11.97MB unique)
│   ├─┬ @peculiar (1.36MB - 1.35MB unique)
│   │ └── x509/* (581.11KB - 581.08KB unique)
│   └── yaml/2.9.1/* (675.49KB - 674KB unique)
├─┬ relay (1.07MB)
│ ├─┬ config (22.89KB)
│ │ └── schema.ts (10.32KB)
│ └── main.ts (2.74KB)
└── shared/* (160.73KB)

Files: 13.68MB
`;

Deno.test("embeddedPaths() reads the tree of the compiler", () => {
  assert.deepEqual(embeddedPaths(OUTPUT), [
    ".deno_compile_node_modules/localhost/@peculiar/x509/*",
    ".deno_compile_node_modules/localhost/yaml/2.9.1/*",
    "relay/config/schema.ts",
    "relay/main.ts",
    "shared/*",
  ]);
});

Deno.test("bundledModules() tells modules of ours from those of packages with and without a scope", () => {
  const npm = "../../cache/npm/registry.example";
  const bundle = `var a = 1;
// shared/wire/names.ts
// ${npm}/zod/4.6.7/v4/core/util.js
// ${npm}/@logtape/logtape/2.4.2/dist/mod.js
// and what is no path
`;
  const { ours, packages } = bundledModules(bundle);
  assert.deepEqual([...ours], ["shared/wire/names.ts"]);
  assert.deepEqual([...packages], ["zod", "@logtape/logtape"]);
});
