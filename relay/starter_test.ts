import assert from "node:assert/strict";
import { inspectCertificate } from "@qumo/shared/runtime";
import { makeCertificate } from "../tests/support/transport/certificate.ts";
import { until } from "../tests/support/until.ts";
import { certificateLine, Starter } from "./starter.ts";

/** A starter whose input the test writes, and what became of it. */
function subject() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const input = writable.getWriter();
  const seen: string[] = [];
  const starter = new Starter(Promise.resolve(readable));
  const encoder = new TextEncoder();
  return {
    starter,
    seen,
    write: (text: string) => input.write(encoder.encode(text)),
    end: () => input.close(),
    open: () =>
      starter.certificates({
        onChange: ({ hash }) => void seen.push(`changed ${hash}`),
        onRefused: () => void seen.push("refused"),
      }),
  };
}

Deno.test("a member has the certificate that it is given, also in pieces, and each new one", async () => {
  const { seen, write, end, open, starter } = subject();
  const [first, second] = [await makeCertificate(), await makeCertificate()];
  const line = certificateLine(first);
  const opening = open();
  await write(line.slice(0, 100));
  await write(line.slice(100));
  const source = await opening;
  assert.equal(source.current.hash, inspectCertificate(first).hash);
  assert.equal(source.current.key, first.key);
  assert.equal(await source.reload(), false);

  await write(certificateLine(second));
  const { hash } = inspectCertificate(second);
  await until("the new one to be taken", () => seen.length === 1);
  assert.deepEqual([seen, source.current.hash], [[`changed ${hash}`], hash]);
  await write(`${"x".repeat(100_000)}\n`);
  await write(certificateLine({ certificate: second.certificate, key: first.key }));
  await until("both to be refused", () => seen.length === 3);
  assert.deepEqual([seen.slice(1), source.current.hash], [["refused", "refused"], hash]);

  await source.close();
  await write(certificateLine(first));
  await end();
  await starter.gone;
  assert.equal(seen.length, 3, "nobody asks any more");
});

Deno.test("a member whose starter is gone, or gives it nothing that can be used, does not start", async () => {
  const left = subject();
  await left.end();
  await assert.rejects(left.open(), /process that started this member is gone/);
  const confused = subject();
  await confused.write("?\n");
  await assert.rejects(confused.open(), /no certificate from who started this member/);
  await confused.end();
  const lost = new Starter(Promise.reject(new Error("no input")));
  await lost.gone;
});
