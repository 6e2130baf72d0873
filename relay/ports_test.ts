import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { DEFAULTS } from "./config.ts";
import { openPorts, type PortsOptions } from "./ports.ts";
import { generateCertificate } from "./transport/mod.ts";

const certificate = await generateCertificate(["localhost"]);

function open(serveHttp: PortsOptions["serveHttp"]) {
  return openPorts({
    server: { ...DEFAULTS.server, address: "127.0.0.1:0" },
    certificate,
    allowOrigin: () => true,
    protocols: ["moqt-18"],
    isKnown: () => true,
    overloadCode: 1,
    onRefused: () => {},
    onLimit: () => {},
    serveHttp,
    clock: systemClock,
  });
}

Deno.test("openPorts() looks for another port when TCP has the first one already", () => {
  const tried: number[] = [];
  const { udp, http } = open(({ address: { port } }) => {
    tried.push(port);
    if (tried.length === 1) throw new Error("Address already in use");
    return { port, useCertificate: () => {}, close: () => Promise.resolve() };
  });
  assert.equal(tried.length, 2);
  assert.equal(udp.address.port, http.port);
  udp.close(0, "");
});

Deno.test("openPorts() does not look for ever", () => {
  let tried = 0;
  const refuse = () => {
    tried++;
    throw new Error("Address already in use");
  };
  assert.throws(() => open(refuse), {
    name: "StartError",
    message: /^cannot listen on 127\.0\.0\.1:\d+ \(TCP\): Address already in use$/,
  });
  assert.equal(tried, 10);
});
