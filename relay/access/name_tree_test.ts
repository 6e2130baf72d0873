import { hasPrefix, type Namespace, namespaceKey } from "@qumo/shared/wire";
import fc from "fast-check";
import assert from "node:assert/strict";
import { checkProperty } from "../../tests/support/properties.ts";
import { NameTree } from "./name_tree.ts";

const field = fc.uint8Array({ minLength: 1, maxLength: 2, max: 2 });
const name = fc.array(field, { maxLength: 4 });

Deno.test("what is under a name and above it is what a look at all of them finds", () => {
  checkProperty(fc.property(
    fc.array(fc.tuple(name, fc.nat(3), fc.boolean()), { maxLength: 30 }),
    name,
    (steps, asked) => {
      const tree = new NameTree<string>();
      const all = new Map<string, [Namespace, string]>();
      for (const [fields, number, isAdded] of steps) {
        const item = `item ${number}`;
        const key = `${namespaceKey(fields)} ${item}`;
        if (isAdded) {
          tree.add(fields, item);
          all.set(key, [fields, item]);
        } else {
          tree.delete(fields, item);
          all.delete(key);
        }
      }
      const found = (isMeant: (fields: Namespace) => boolean) =>
        [...all.values()].filter(([fields]) => isMeant(fields)).map(([, item]) => item).sort();
      assert.deepEqual([...tree.under(asked)].sort(), found((fields) => hasPrefix(fields, asked)));
      assert.deepEqual([...tree.above(asked)].sort(), found((fields) => hasPrefix(asked, fields)));
      assert.equal(tree.size, all.size);
    },
  ));
});
