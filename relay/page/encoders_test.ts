import assert from "node:assert/strict";

interface Given {
  readonly output: (frame: string, metadata: string) => void;
  readonly error: (error: Error) => void;
}

/** What browsers have, as far as the page is concerned. */
class FakeEncoder {
  static readonly made: Given[] = [];

  constructor(given: Given) {
    FakeEncoder.made.push(given);
  }
}

Deno.test("frames of an encoder that nobody wants any more trouble nobody, and other errors do", async () => {
  const scope = globalThis as unknown as Record<string, typeof FakeEncoder | undefined>;
  scope["VideoEncoder"] = FakeEncoder;
  // It is a script of a page, which has no types.
  await import(new URL("files/encoders.js", import.meta.url).href);
  const Encoder = scope["VideoEncoder"]!;
  assert.equal(scope["AudioEncoder"], undefined);
  const got: string[] = [];
  let failure: string | undefined;
  const error = () => {};
  new Encoder({
    output(...frame) {
      got.push(frame.join(" "));
      if (failure !== undefined) throw new Error(failure);
    },
    error,
  });
  const [made] = FakeEncoder.made;
  assert.equal(made?.error, error);
  made.output("frame", "metadata");
  failure = "group is closed";
  made.output("late", "metadata");
  assert.deepEqual(got, ["frame metadata", "late metadata"]);
  failure = "must start with a keyframe";
  assert.throws(() => made.output("early", "metadata"), /keyframe/);
  delete scope["VideoEncoder"];
});
