// Frames one after the other, from a server that may be slow, busy or gone.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { followFrames } from "../../assets/components/map/frame_stream.js";

const reply = (status, body) => ({
  status,
  ok: status < 300,
  statusText: `status ${status}`,
  json: async () => body,
});

let asked;
let replies;
let hidden;
let page;

beforeEach(() => {
  asked = [];
  hidden = false;
  page = new EventTarget();
  Object.defineProperty(page, "hidden", { get: () => hidden });
  globalThis.document = page;
  globalThis.fetch = async (url) => {
    asked.push(url);
    const next = replies.shift() ?? reply(404);
    if (next instanceof Error) throw next;
    return next;
  };
});

afterEach(() => {
  mock.timers.reset();
  delete globalThis.document;
});

// Follows the frames until they end; returns their ids.
async function follow(controller = new AbortController()) {
  const frames = [];
  await followFrames("frames/key/pca", {
    signal: controller.signal,
    knownFrame: () => frames.at(-1) ?? "none yet",
    onFrame: ({ frame_id }) => frames.push(frame_id),
  });
  return frames;
}

test("the next frame is asked for by the one that is shown, until the last", async () => {
  replies = [reply(200, { frame_id: "a 1" }), reply(204), reply(200, { frame_id: "b", over: true })];
  assert.deepEqual(await follow(), ["a 1", "b"]);
  assert.deepEqual(asked, [
    "frames/key/pca?after=none%20yet",
    "frames/key/pca?after=a%201",
    "frames/key/pca?after=a%201",
  ]);
});

test("a run that has expired ends it", async () => {
  replies = [reply(200, { frame_id: "a" }), reply(404)];
  assert.deepEqual(await follow(), ["a"]);
});

test("a server that fails or is gone is asked again after a second", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  replies = [reply(503), new TypeError("no connection"), reply(200, { frame_id: "a", over: true })];
  const following = follow();
  for (const times of [1, 2]) {
    await new Promise(setImmediate);
    assert.equal(asked.length, times);
    mock.timers.tick(999);
    await new Promise(setImmediate);
    assert.equal(asked.length, times);
    mock.timers.tick(1);
  }
  assert.deepEqual(await following, ["a"]);
});

test("a server that is away for long leaves no listener behind", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const controller = new AbortController();
  const { signal } = controller;
  let listeners = 0;
  const add = signal.addEventListener.bind(signal);
  signal.addEventListener = (kind, listener, options) => {
    listeners += 1;
    options.signal.addEventListener("abort", () => (listeners -= 1));
    add(kind, listener, options);
  };
  replies = Array.from({ length: 20 }, () => reply(503));
  const following = follow(controller);
  for (let second = 0; second < 20; second++) {
    await new Promise(setImmediate);
    assert.equal(listeners, 1);
    mock.timers.tick(1000);
  }
  await following;
  assert.equal(listeners, 0);
});

test("a page in the background asks for nothing", async () => {
  hidden = true;
  replies = [reply(404)];
  const following = follow();
  await new Promise(setImmediate);
  assert.equal(asked.length, 0);
  hidden = false;
  page.dispatchEvent(new Event("visibilitychange"));
  await following;
  assert.equal(asked.length, 1);
});

test("an abort ends it while it waits for the page, for a retry or for a reply", async () => {
  hidden = true;
  let controller = new AbortController();
  let following = follow(controller);
  controller.abort();
  assert.deepEqual(await following, []);

  hidden = false;
  replies = [reply(503)];
  controller = new AbortController();
  following = follow(controller);
  await new Promise(setImmediate);
  controller.abort();
  assert.deepEqual(await following, []);

  controller = new AbortController();
  replies = [reply(200, { frame_id: "late" })];
  following = follow(controller);
  controller.abort();
  assert.deepEqual(await following, []);
});
