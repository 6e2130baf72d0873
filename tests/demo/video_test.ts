import assert from "node:assert/strict";
import { optionalTest, programMissing } from "../support/optional_test_case.ts";
import { drawBlocks, SIZE } from "./drawing.ts";
import { BLOCK_BYTES } from "./h264.ts";
import { GROUP_OBJECTS, makePicture, RATE, readPicture } from "./video.ts";

Deno.test("readPicture() finds number and time of what makePicture() made", () => {
  for (const number of [0, 1, 59, 60, 100_000]) {
    const picture = { number, stamp: 1234.5 };
    assert.deepEqual(readPicture(makePicture(picture)), picture);
  }
});

Deno.test("readPicture() refuses what was cut, lengthened or changed", () => {
  const payload = makePicture({ number: 7, stamp: 1 });
  assert.equal(readPicture(payload.subarray(0, -1)), undefined);
  assert.equal(readPicture(new Uint8Array([...payload, 0])), undefined);
  assert.equal(readPicture(payload.subarray(0, 5)), undefined);
  const changed = payload.slice();
  changed[changed.length - 1]! ^= 1;
  assert.equal(readPicture(changed), undefined);
});

Deno.test("makePicture() gives a group of about 4 Mbit/s", () => {
  let bytes = 0;
  for (let number = 0; number < GROUP_OBJECTS; number++) {
    bytes += makePicture({ number, stamp: 0 }).length;
  }
  const mbit = bytes * 8 / 1e6 * RATE / GROUP_OBJECTS;
  assert.ok(mbit > 3.5 && mbit < 4.5, `${mbit} Mbit/s`);
});

optionalTest("a player takes the pictures for H.264", programMissing("ffmpeg"), async () => {
  const film = Array.from({ length: GROUP_OBJECTS * 2 }, (_, number) => {
    return makePicture({ number, stamp: number }).subarray(8);
  });
  const player = new Deno.Command("ffmpeg", {
    args: ["-loglevel", "warning", "-f", "h264", "-i", "-", "-f", "rawvideo", "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writing = new Blob(film).stream().pipeTo(player.stdin);
  const { stdout, stderr } = await player.output();
  await writing;
  assert.equal(new TextDecoder().decode(stderr), "");
  const bytes = SIZE.across * SIZE.down * BLOCK_BYTES;
  assert.equal(stdout.length, film.length * bytes);
  const last = stdout.subarray(-bytes);
  const drawn = drawBlocks(film.length - 1, RATE);
  for (let x = 0; x < SIZE.across; x++) assert.equal(last[x * 16], drawn[x]![0]);
});
