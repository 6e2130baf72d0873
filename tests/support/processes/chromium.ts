import { type Browser, chromium } from "playwright-core";
import { optionalTest, programMissing } from "../optional_test_case.ts";
import { PATIENCE_MS } from "../until.ts";

/** Where Chromium is: what `CHROMIUM_PATH` says, or where Debian puts it. */
export const CHROMIUM_PATH = Deno.env.get("CHROMIUM_PATH") ?? "/usr/bin/chromium";

/** Why tests that need Chromium cannot run here, or undefined when they can. */
export const chromiumMissing = programMissing("Chromium", CHROMIUM_PATH);

/** Registers a test that needs Chromium; where that or anything else is missing, it is skipped with the reason in its name. */
export function chromiumTest(
  name: string,
  test: (browser: Browser) => Promise<void>,
  missing?: string,
): void {
  optionalTest(name, missing ?? chromiumMissing, async () => {
    await using browser = await launchChromium();
    await test(browser);
  });
}

/** What is different from the usual. */
export interface ChromiumOptions {
  /** A film that stands for the camera, which pages may use without asking. */
  readonly camera?: string;
  /** Whether pages may take their own tab for the screen without asking. */
  readonly sharesTab?: boolean;
  /** SHA-256 in base64 of the public keys of servers that are trusted over TLS. */
  readonly trustedKeys?: readonly string[];
  /** The home directory, with the authorities that are trusted, also for WebTransport. */
  readonly home?: string;
}

/** Starts a headless browser whose pages have patience; the caller closes it. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { camera, sharesTab, trustedKeys, home } = options;
  const args = ["--no-sandbox", "--disable-gpu", "--no-first-run"];
  if (camera ?? sharesTab) {
    const device = "--use-fake-device-for-media-stream";
    args.push("--use-fake-ui-for-media-stream");
    args.push(sharesTab ? `${device}=display-media-type=browser` : device);
  }
  if (camera !== undefined) args.push(`--use-file-for-fake-video-capture=${camera}`);
  if (trustedKeys) args.push(`--ignore-certificate-errors-spki-list=${trustedKeys.join()}`);
  // Without it WebTransport trusts the authorities alone that Chromium brings along.
  if (home !== undefined) args.push("--webtransport-developer-mode");
  const browser = await chromium.launch({
    timeout: PATIENCE_MS,
    executablePath: CHROMIUM_PATH,
    headless: true,
    args,
    ...(home !== undefined && { env: { ...Deno.env.toObject(), HOME: home } }),
  });
  browser.on("context", (context) => {
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
  });
  return browser;
}
