import { programMissing } from "./optional_test_case.ts";

/** Why tests that need Firefox cannot run here, or undefined when they can. */
export const firefoxMissing = programMissing("firefox-esr");

/** Opens a page in a headless Firefox with a profile of its own, until it is disposed of. */
export async function openInFirefox(url: string): Promise<AsyncDisposable> {
  const profile = await Deno.makeTempDir({ prefix: "firefox_" });
  const browser = new Deno.Command("firefox-esr", {
    args: ["--headless", "--no-remote", "--profile", profile, url],
    env: { HOME: profile },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      browser.kill("SIGKILL");
      await browser.status;
      await Deno.remove(profile, { recursive: true }).catch(() => {});
    },
  };
}
