import assert from "node:assert/strict";
import { found, hideSecrets, shownValue } from "./config_secrets.ts";

Deno.test("hideSecrets() takes users, passwords, queries and fragments out of URLs", () => {
  for (
    const [text, shown] of [
      ["http://user:pa/ss@host:1/x", "http://***@host:1/x"],
      ["asked https://tok@host/?token=abc#f, in vain", "asked https://***@host/?***, in vain"],
      ["(http://h/#key=1)", "(http://h/#***)"],
      ['found "root:hunter2@etcd:2379"', 'found "***@etcd:2379"'],
      ["mail operator@example.com", "mail operator@example.com"],
      ["sdn.yaml:3:4: moqt://a:1", "sdn.yaml:3:4: moqt://a:1"],
      ["what is it? nothing", "what is it? nothing"],
    ]
  ) assert.equal(hideSecrets(text!), shown);
});

Deno.test("found() repeats what was written, but nothing that may be a secret", () => {
  for (
    const [key, value, shown] of [
      ["log.level", "loud", '"loud"'],
      ["server.cert_file", "/no/such.pem", '"/no/such.pem"'],
      ["server.key_file", "-----BEGIN PRIVATE KEY-----\nMIIE", "a text that is not shown"],
      ["sdn.token_file", "/run/secrets/token", '"/run/secrets/token"'],
      ["sdn.token_file", "relay.token", '"relay.token"'],
      ["sdn.token_file", "eyJhbGciOi.eyJzdWIi.c2ln", "a text that is not shown"],
      ["auth.tokens.0.sha256", "hunter2", "a text that is not shown"],
      ["auth.tokens.0", "hunter2", "a text that is not shown"],
      ["auth.tokens.0.role", "king", '"king"'],
      ["etcd.password", 1234, "a value that is not shown"],
      ["etcd.endpoints.0", "http://root:hunter2@e:1", '"http://***@e:1"'],
    ] as const
  ) assert.equal(found(value, key), shown, key);
});

Deno.test("shownValue() prints values in force without tokens and passwords", () => {
  assert.equal(
    shownValue("auth.tokens", [{ role: "admin", sha256: "abc" }, { token_file: "/t" }]),
    '[{"role":"admin","sha256":"***"},{"token_file":"/t"}]',
  );
  assert.equal(shownValue("etcd.endpoints", ["http://a:b@c"]), '["http://***@c"]');
  assert.equal(shownValue("sdn.neighbors", new Map([["b", 1]])), '{"b":1}');
});
