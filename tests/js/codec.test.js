// Bytes that Python packs, unpacked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import {
  decodeBytes,
  decodeFloat32,
  decodeFrame,
  decodeUint16,
} from "../../assets/components/shared/codec.js";

const fixture = (name) => JSON.parse(readFileSync(new URL(`fixtures/${name}`, import.meta.url)));
const base64 = (bytes) => Buffer.from(bytes).toString("base64");

test("every byte comes back", () => {
  const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
  assert.deepEqual(decodeBytes(base64(bytes)), bytes);
  assert.equal(decodeBytes("").length, 0);
});

test("numbers of two bytes are little-endian", () => {
  assert.deepEqual([...decodeUint16(base64([1, 0, 0, 1, 255, 255]))], [1, 256, 65535]);
});

test("Python's floats come back, the special ones too", () => {
  const { packed, texts } = fixture("float32.json");
  const values = decodeFloat32(packed);
  assert.equal(values.length, texts.length);
  texts.forEach((text, i) => {
    const expected = text === "nan" ? NaN : Math.fround(Number(text));
    assert.ok(Object.is(values[i], expected), `${values[i]} is not ${text}`);
  });
});

test("half a number is refused", () => {
  assert.throws(() => decodeFloat32(base64([1, 2, 3])), RangeError);
  assert.throws(() => decodeUint16(base64([1])), RangeError);
  assert.throws(() => decodeBytes("no base64!"));
});

test("Python's frames come back to half a step of their box", () => {
  for (const { frame, xy, neighbours } of fixture("frames.json")) {
    const decoded = decodeFrame(frame);
    assert.equal(decoded.positions.length, 2 * xy.length);
    xy.flat().forEach((value, i) => {
      const [low, side] = [frame.box[i % 2], frame.box[2 + (i % 2)]];
      const rounding = 2e-7 * (Math.abs(low) + side); // of a float32
      const error = Math.abs(decoded.positions[i] - value);
      assert.ok(error <= side / 65535 / 2 + rounding, `${decoded.positions[i]} is not ${value}`);
    });
    assert.deepEqual([...decoded.neighbours], neighbours.flat());
  }
});

test("a frame without points is empty", () => {
  const { positions, neighbours } = decodeFrame({ xy: "", neighbours: "", box: [0, 0, 1, 1] });
  assert.equal(positions.length + neighbours.length, 0);
});
