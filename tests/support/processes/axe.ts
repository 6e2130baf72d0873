import axe from "axe-core";
import assert from "node:assert/strict";
import type { Page } from "playwright-core";

/** Fails with what axe finds on a page that keeps people from using it. */
export async function assertAccessible(page: Page, where: string): Promise<void> {
  await page.evaluate(axe.source);
  const violations = await page.evaluate(async () => {
    const found = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`);
  });
  assert.deepEqual(violations, [], where);
}
