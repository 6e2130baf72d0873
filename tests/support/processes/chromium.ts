import { type Browser, chromium } from "playwright-core";
import { executableMissing, optionalTest } from "../optional_test_case.ts";

/** Where Chromium is: what `CHROMIUM_PATH` says, or where Debian puts it. */
export const CHROMIUM_PATH = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

/** Why tests that need Chromium cannot run here, or undefined when they can. */
export const chromiumMissing = executableMissing("Chromium", CHROMIUM_PATH);

/** Registers a test that needs Chromium; where there is none it is skipped with the reason in its name. */
export function chromiumTest(name: string, test: (browser: Browser) => Promise<void>): void {
  optionalTest(name, chromiumMissing, async () => {
    const browser = await launchChromium();
    try {
      await test(browser);
    } finally {
      await browser.close();
    }
  });
}

/** What is different from the usual. */
export interface ChromiumOptions {
  /** A film that stands for the camera, which pages may use without asking. */
  readonly camera?: string;
}

/** Starts a headless browser; the caller closes it. */
export function launchChromium({ camera }: ChromiumOptions = {}): Promise<Browser> {
  const fakes = [
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    `--use-file-for-fake-video-capture=${camera}`,
  ];
  return chromium.launch({
    executablePath: CHROMIUM_PATH,
    headless: true,
    args: [
      ...["--no-sandbox", "--disable-gpu", "--no-first-run"],
      ...(camera === undefined ? [] : fakes),
    ],
  });
}
