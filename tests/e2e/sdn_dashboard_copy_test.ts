/** What the page copies, in Chromium: with a clipboard, and over plain HTTP without one. */
import assert from "node:assert/strict";
import { assertAccessible } from "../support/processes/axe.ts";
import { chromiumTest } from "../support/processes/chromium.ts";
import { openDashboard } from "../support/processes/dashboard_page.ts";
import { becomes } from "../support/until.ts";
import { startPageWorld } from "../support/worlds/page_world.ts";

chromiumTest(
  "names, addresses, commands and requests of what is open are copied by keyboard, also without a clipboard",
  async (browser) => {
    await using world = await startPageWorld();
    await world.beat({
      "it's": { address: "moqt://a.example:4433", links: { b: {} }, announces: ["live"] },
      b: { links: { "it's": {} } },
    });
    for (const hasClipboard of [true, false]) {
      const { page, problems } = await openDashboard(browser, world.url);
      if (hasClipboard) {
        await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
      } else {
        // As pages over plain HTTP find it.
        await page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })");
      }
      const pasted = page.locator("#search");
      const copies = async (what: string, expected: string) => {
        const button = page.locator("#detail-copies")
          .getByRole("button", { name: `Copy ${what}`, exact: true });
        await button.focus();
        await page.keyboard.press("Enter");
        await page.locator("#detail-copied-note", { hasText: "Copied:" }).waitFor();
        await becomes(() => page.locator("#detail-copied").textContent(), expected);
        await becomes(() => page.evaluate("document.activeElement?.textContent"), `Copy ${what}`);
        await pasted.fill("");
        await pasted.focus();
        await page.keyboard.press("Control+V");
        await becomes(() => pasted.inputValue(), expected);
      };
      await page.locator("#relays").getByRole("button", { name: "it's", exact: true }).click();
      await copies("name", "it's");
      await copies("address", "moqt://a.example:4433");
      await copies("command", "qumo-sdn drain 'it'\\''s'");
      await copies("curl", `curl -s '${world.url}/history?relay=it%27s'`);
      await page.locator("#links").getByRole("button", { name: "b", exact: true }).click();
      await becomes(() => page.locator("#detail-copied").textContent(), "");
      await copies("names", "b it's");
      await copies("command", "qumo-sdn route b 'it'\\''s' --explain");
      await assertAccessible(page, `copies, clipboard: ${hasClipboard}`);
      assert.deepEqual(problems, []);
    }
  },
);
