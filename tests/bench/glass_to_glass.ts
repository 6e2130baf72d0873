import type { Page } from "playwright-core";
import type { HlsPage } from "../peers/hls_page.ts";
import { launchChromium } from "../support/processes/chromium.ts";
import { servePage } from "../support/processes/page_server.ts";
import { freePort } from "../support/mesh/ports.ts";
import { until } from "../support/until.ts";
import { CLOCK_BITS, sendClockPicture } from "./clock_picture.ts";
import { readClock } from "./clock_reader.ts";
import { startRelay } from "./server_process.ts";

const NAME = "live/clock";
const SETTLE_MS = 5_000;

/** How a player shows the picture, and by which selector it is found. */
interface Player {
  readonly by: string;
  readonly selector: string;
  show(page: Page): Promise<unknown>;
}

/**
 * How old a picture is when it is seen, from the moment it was made, through an encoder, RTMP, the
 * relay and Chromium, for each way of watching one after the other.
 */
export async function glassToGlass(
  seconds: number,
  print: (result: object) => void,
): Promise<void> {
  const rtmpPort = freePort();
  await using relay = await startRelay({
    QUMO_INGEST_RTMP_ADDRESS: `127.0.0.1:${rtmpPort}`,
    QUMO_HLS_ENABLED: "true",
  });
  await using _picture = sendClockPicture(`rtmp://127.0.0.1:${rtmpPort}/${NAME}`);
  await using hlsPage = await servePage(new URL("../peers/hls_page.ts", import.meta.url));
  const at = `http://127.0.0.1:${relay.port}`;
  const index = `${at}/hls/${NAME}/index.m3u8`;
  await until("the stream", async () => {
    const response = await fetch(index);
    await response.body?.cancel();
    return response.ok;
  });
  const hls = (by: string, lowLatency: boolean): Player => ({
    by,
    selector: "video",
    show: async (page) => {
      await page.goto(hlsPage.url);
      const play = ([url, lowLatency]: readonly [string, boolean]) =>
        (globalThis as unknown as HlsPage).playHls(url, lowLatency);
      await page.evaluate(play, [index, lowLatency] as const);
    },
  });
  const players: readonly Player[] = [
    { by: "MoQ", selector: "#picture", show: (page) => page.goto(`${at}/watch?name=${NAME}`) },
    hls("HLS, low latency", true),
    hls("HLS without parts", false),
  ];
  const browser = await launchChromium();
  try {
    for (const { by, selector, show } of players) {
      const page = await browser.newPage();
      await show(page);
      const reading = { selector, bits: CLOCK_BITS, settleMs: SETTLE_MS };
      const { ages, first } = await page.evaluate(readClock, {
        ...reading,
        measureMs: seconds * 1000,
      });
      await page.close();
      const sorted = ages.toSorted((one, other) => one - other);
      print({
        case: "glass to glass",
        by,
        pictures: ages.length,
        first_picture_ms: first,
        p50_ms: sorted[Math.floor(sorted.length / 2)],
        longest_ms: sorted.at(-1),
      });
    }
  } finally {
    await browser.close();
  }
}
