// A recording on a page.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Player } from "../../assets/components/recording/player.js";
import { base64, closePage, openPage } from "./page.js";

const frame = (id) => ({
  frame_id: id,
  step: id,
  caption: `step ${id}`,
  score_index: 0,
  box: [0, 0, 1, 1],
  xy: base64(Uint16Array.of(0, 0)),
  neighbours: "",
  k: 0,
});
const RECORDING = {
  frames: [frame(0), frame(1)],
  scores: [{ scores: {} }],
  loss: { name: "Loss" },
  factors: [],
};

const { fetch } = globalThis;
let page;

beforeEach(() => {
  page = openPage();
  globalThis.fetch = async () => Response.json(RECORDING);
});

afterEach(() => {
  closePage();
  globalThis.fetch = fetch;
});

test("a recording that is paused follows the page's theme", async () => {
  const data = { url: "a run", key: "a recording", set_id: "none", label: "", colours: {} };
  const player = new Player(page.root);
  player.update(data);
  player.update(data); // nothing has arrived yet
  while (!player.recording) await new Promise(setImmediate);
  player.show(1);
  page.style["--st-text-color"] = "white";
  player.update({ ...data });
  assert.equal(player.map.theme.text, "white");
  assert.equal(player.parts.caption.textContent, "step 1");
  assert.ok(!player.playing);
});
