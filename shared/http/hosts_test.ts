import assert from "node:assert/strict";
import { hostOf, isPrivateName } from "./hosts.ts";

const HOSTS: [header: string, host: string | undefined, isPrivate: boolean][] = [
  ["127.0.0.1:8090", "127.0.0.1", true],
  ["[::1]:8090", "[::1]", true],
  ["localhost", "localhost", true],
  ["LOCALHOST:80", "localhost", true],
  ["sdn:8090", "sdn", true],
  ["qumo-sdn.media.svc.cluster.local:8090", "qumo-sdn.media.svc.cluster.local", true],
  ["relay.internal", "relay.internal", true],
  ["evil.example:8090", "evil.example", false],
  ["localhost.evil.example", "localhost.evil.example", false],
  ["127.0.0.1.evil.example", "127.0.0.1.evil.example", false],
  ["2130706433", "127.0.0.1", true],
  ["a/relay/tokyo/drain#", undefined, false],
  ["a b", undefined, false],
  ["evil.example@127.0.0.1", undefined, false],
  ["127.0.0.1, evil.example", undefined, false],
  ["a:99999", undefined, false],
  ["", undefined, false],
];

for (const [header, host, isPrivate] of HOSTS) {
  Deno.test(`the Host header ${JSON.stringify(header)} names ${host}`, () => {
    assert.equal(hostOf(header), host);
    if (host !== undefined) assert.equal(isPrivateName(host), isPrivate);
  });
}
