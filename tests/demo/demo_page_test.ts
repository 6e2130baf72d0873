/** What the demo publishes is a picture: who opens the URL that it prints first sees it. */
import { chromiumMissing, launchChromium } from "../support/processes/chromium.ts";
import { until } from "../support/until.ts";
import { openScene } from "./scene.ts";

const NAME = "the demo's picture moves on the page that it names first";

Deno.test({
  name: chromiumMissing === undefined ? NAME : `${NAME} (skipped: ${chromiumMissing})`,
  ignore: chromiumMissing !== undefined,
  // A connection's operations in Deno end some time after the connection.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using scene = await openScene();
    await using browser = await launchChromium();
    const stop = new AbortController();
    const filming = scene.camera.run(stop.signal);
    const { hostname, port } = scene.mesh.relay("newyork");
    const page = await browser.newPage();
    await page.goto(`http://${hostname}:${port}/watch?name=demo`);
    const seen = new Set<string>();
    await until("pictures", async () => {
      seen.add(await page.evaluate(look));
      seen.delete("");
      return seen.size > 5;
    });
    await until("its size", async () => {
      return (await page.locator("#figures").innerText()).includes("320×192");
    });
    stop.abort();
    await filming;
  },
});

/** The picture, as small as it can be told from others; runs in the page. */
function look(): string {
  const { document } = globalThis as unknown as { document: PictureDocument };
  const small = document.createElement("canvas");
  [small.width, small.height] = [20, 12];
  const pen = small.getContext("2d");
  pen.drawImage(document.getElementById("picture"), 0, 0, 20, 12);
  const { data } = pen.getImageData(0, 0, 20, 12);
  // White, the first bar, is below where it belongs: its red is its green.
  const [red = 0, green = 0] = data.subarray(11 * 20 * 4);
  return red > 90 && Math.abs(red - green) < 30 ? data.join() : "";
}

interface Canvas {
  width: number;
  height: number;
  getContext(kind: "2d"): {
    drawImage(canvas: Canvas, ...place: readonly number[]): void;
    getImageData(...place: readonly number[]): { readonly data: Uint8ClampedArray };
  };
}
interface PictureDocument {
  createElement(name: "canvas"): Canvas;
  getElementById(id: string): Canvas;
}
