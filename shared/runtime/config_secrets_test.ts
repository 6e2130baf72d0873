import assert from "node:assert/strict";
import { itemsOf } from "./config_values.ts";
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
      ["found http://u:p(w)@h:1/x", "found http://***@h:1/x"],
      [`'http://u:p"\'\`<,>(@w@h:1'`, "'http://***@h:1'"],
      ["http://a:1,http://u:p,w@h:1/x, twice", "http://a:1,http://***@h:1/x, twice"],
      ["(https://h/?token=a(b),c)", "(https://h/?***)"],
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
      ["etcd.endpoints.0", "http://root:h un/ter2@e:1", '"http://***@e:1"'],
      ["etcd.endpoints.0", "http://root:hunt", '"http://root:***"'],
      ["etcd.endpoints.1", "er2@e:1/x", '"***@e:1/x"'],
      ["etcd.endpoints.0", "http://e:2379/x", '"http://e:2379/x"'],
      ["etcd.endpoints.0", "http://[::1]:1", '"http://[::1]:1"'],
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

Deno.test("a list in a variable is not divided within a password", () => {
  const lists: [string, string[]][] = [
    ["http://a:1, http://b:2", ["http://a:1", "http://b:2"]],
    ["http://admin:s3cr,et@host:1/x", ["http://admin:s3cr,et@host:1/x"]],
    ["http://a:1,http://b:s,e@c:2,http://d", ["http://a:1", "http://b:s,e@c:2", "http://d"]],
    ["admin:s3,cret@host", ["admin:s3,cret@host"]],
    ["eu,us@east", ["eu", "us@east"]],
  ];
  for (const [text, items] of lists) assert.deepEqual(itemsOf(text), items);
});
