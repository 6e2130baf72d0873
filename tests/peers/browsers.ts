import type { Browser as PlaywrightBrowser } from "playwright-core";
import puppeteer from "puppeteer-core";
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { programMissing } from "../support/optional_test_case.ts";
import { PATIENCE_MS } from "../support/until.ts";

/** Where Firefox is: what `FIREFOX_PATH` says, or where Debian puts it. */
const FIREFOX_PATH = Deno.env.get("FIREFOX_PATH") ?? "/usr/bin/firefox-esr";

/** A browser that was started, whatever drives it. */
export interface Browser {
  newPage(): Promise<Page>;
  close(): Promise<void>;
}

/** A page of a browser: what both drivers offer in the same words. */
export interface Page {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  close(): Promise<void>;
  evaluate<T, A>(act: (argument: A) => T | Promise<T>, argument: A): Promise<T>;
  evaluateHandle<T, A>(act: (argument: A) => T | Promise<T>, argument: A): Promise<Remote<T>>;
}

/** A thing in a page. Arguments and results cross as JSON. */
export interface Remote<T> {
  evaluate<R, A>(act: (thing: T, argument: A) => R | Promise<R>, argument?: A): Promise<R>;
  evaluateHandle<R, A>(
    act: (thing: T, argument: A) => R | Promise<R>,
    argument?: A,
  ): Promise<Remote<R>>;
}

/** A browser that tests can start. */
export interface BrowserKind {
  readonly name: "Chromium" | "Firefox";
  /** Why tests that need it cannot run here, or undefined when they can. */
  readonly missing: string | undefined;
  /** Starts it without a window. */
  launch(): Promise<Browser>;
}

/** Driven by Playwright. */
export const CHROMIUM: BrowserKind = {
  name: "Chromium",
  missing: chromiumMissing,
  launch: async () => playwrightBrowser(await launchChromium()),
};

/** Driven by Puppeteer over WebDriver BiDi: Playwright drives only a Firefox of its own making. */
export const FIREFOX: BrowserKind = {
  name: "Firefox",
  missing: programMissing("Firefox", FIREFOX_PATH),
  async launch() {
    const firefox = await puppeteer.launch({
      browser: "firefox",
      executablePath: FIREFOX_PATH,
      headless: true,
      timeout: PATIENCE_MS,
      protocolTimeout: PATIENCE_MS,
    });
    const newPage = firefox.newPage.bind(firefox);
    firefox.newPage = async () => {
      const page = await newPage();
      page.setDefaultTimeout(PATIENCE_MS);
      return page;
    };
    // As with Playwright: the types are its own, what is used of them is the same.
    return firefox as unknown as Browser;
  },
};

/** Playwright's browser in the words that both drivers share. */
export function playwrightBrowser(browser: PlaywrightBrowser): Browser {
  return browser as unknown as Browser;
}
