import assert from "node:assert/strict";
import { makeCertificate } from "../../tests/support/transport/certificate.ts";
import type { LoadedConfig } from "./config_file.ts";
import {
  authorityFile,
  certificatePairFiles,
  fileFaults,
  secretFile,
} from "./config_named_files.ts";

const loaded: LoadedConfig<unknown> = {
  value: {},
  origins: new Map(),
  warnings: [],
  line: ({ key, text }) => `${key}: ${text}`,
};

Deno.test("fileFaults() tells what is wrong with files, and passes those that can be used", async () => {
  const [own, other] = await Promise.all([makeCertificate(), makeCertificate()]);
  const files = new Map([
    ["cert.pem", own.certificate],
    ["key.pem", own.key],
    ["other.pem", other.key],
    ["token", "abc\n"],
    ["two.token", "two words"],
  ]);
  const readText = (path: string) => {
    const text = files.get(path);
    return text === undefined
      ? Promise.reject(new Deno.errors.NotFound(`readfile '${path}'`))
      : Promise.resolve(text);
  };
  const faults = async (certificate: string, key: string, token: string, authority = "") =>
    (await fileFaults(loaded, [
      ...certificatePairFiles({
        certificate: { key: "cert", path: certificate },
        key: { key: "key", path: key },
      }),
      secretFile("token_file", token),
      authorityFile("ca", authority),
    ], readText)).map((line) => line.replace(/, allowed .*/, ""));
  assert.deepEqual(await faults("cert.pem", "key.pem", "token", "cert.pem"), []);
  assert.deepEqual(await faults("", "", ""), []);
  assert.deepEqual(await faults("cert.pem", "other.pem", "two.token", "key.pem"), [
    'key: found "other.pem" (it has the key of another certificate)',
    'token_file: found "two.token" (it has nothing that can be used)',
    'ca: found "key.pem" (it has no certificate in PEM)',
  ]);
  assert.deepEqual(await faults("key.pem", "cert.pem", "none.token"), [
    'cert: found "key.pem" (it has no certificate in PEM)',
    'key: found "cert.pem" (it has no private key in PEM)',
    'token_file: found "none.token" (there is no such file)',
  ]);
});
