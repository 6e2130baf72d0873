import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { DEFAULTS } from "./config.ts";
import { Front, type FrontParts } from "./front.ts";
import { firstSettings } from "./live_config.ts";
import { RelayMetrics } from "./metrics.ts";
import { generateCertificate } from "./transport/mod.ts";
import { memoryLog } from "../tests/support/worlds/memory_log.ts";

/** A front at any port, whose HTTP side only says what it is told. */
function frontOf(files: Record<string, string>, told: string[], others: Partial<FrontParts> = {}) {
  const server = {
    ...DEFAULTS.server,
    address: "127.0.0.1:0",
    certFile: "c.pem",
    keyFile: "k.pem",
  };
  const config = { ...DEFAULTS, server };
  let changes = 0;
  return new Front({
    options: {
      config,
      files: {
        readText: (path) => Promise.resolve(files[path]!),
        modified: () => Promise.resolve(changes++),
      },
      clock: systemClock,
      log: memoryLog().log,
    },
    metrics: new RelayMetrics(),
    host: { protocols: ["moqt-18"] },
    admission: { accept: async (listener) => void await listener.accept() },
    refused: { add: () => {} },
    known: { has: () => true },
    settings: firstSettings(config),
    serveHttp: ({ udp }) => ({
      port: udp.address.port,
      useCertificate: ({ certificate }) => {
        told.push(certificate === files["c.pem"] ? "HTTP has the new one" : "HTTP has another");
      },
      close: () => Promise.resolve(void told.push("HTTP is closed")),
    }),
    onCertificate: () => void told.push("the mesh is told"),
    onFailed: (reason) => void told.push(`failed: ${reason}`),
    ...others,
  });
}

async function certificateFiles(): Promise<Record<string, string>> {
  const { certificate, key } = await generateCertificate(["localhost"]);
  return { "c.pem": certificate, "k.pem": key };
}

async function close(front: Front): Promise<void> {
  front.endSessions();
  await front.keepCertificate();
  await front.closeRtmp();
  await front.closeHttp();
}

Deno.test("Front gives another certificate to all that listens, and says so", async () => {
  const files = await certificateFiles();
  const told: string[] = [];
  const front = frontOf(files, told);
  await front.prepare();
  front.open();
  const before = front.certificate;
  assert.match(front.address, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(before.isGenerated, false);
  Object.assign(files, await certificateFiles());
  await front.reload();
  assert.notEqual(front.certificate.hash, before.hash);
  assert.deepEqual(told, ["HTTP has the new one", "the mesh is told"]);
  await close(front);
});

Deno.test("Front has failed when nobody can come in any more, but not when it is closed", async () => {
  const files = await certificateFiles();
  const told: string[] = [];
  const gone = frontOf(files, told, { admission: { accept: () => Promise.reject("no socket") } });
  await gone.prepare();
  gone.open();
  await gone.listeners.accept();
  assert.match(told.splice(0).join(), /^failed: the listener at .* failed: no socket$/);
  await close(gone);
  const front = frontOf(files, told);
  await front.prepare();
  front.open();
  const accepting = front.listeners.accept();
  await close(front);
  await accepting;
  assert.deepEqual(told, ["HTTP is closed", "HTTP is closed"]);
});
