// Sprite sheets that arrive before or after the views that draw from them.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import {
  drawTile,
  fillThumbnail,
  SheetStore,
  tileShape,
} from "../../assets/components/shared/tiles.js";

let images;

beforeEach(() => {
  images = [];
  globalThis.Image = class {
    constructor() {
      images.push(this);
    }
  };
});

afterEach(() => {
  delete globalThis.Image;
});

const sheet = (source) => ({ source, tile: [4, 2], columns: 3 });

function view(sheetId) {
  return { sheetId, calls: 0, onSheet() { this.calls += 1; } };
}

test("a view is told of its own sheet only: when it arrives and when it is ready", () => {
  const store = new SheetStore(2);
  const [own, other] = [view("a"), view("b")];
  store.register(own);
  store.register(other);
  store.add("a", sheet("data:1"));
  assert.deepEqual([own.calls, store.get("a").ready], [1, false]);
  assert.equal(images[0].src, "data:1");
  images[0].onload();
  assert.deepEqual([own.calls, store.get("a").ready, other.calls], [2, true, 0]);
});

test("the same sheet again changes nothing, another one of the same id replaces it", () => {
  const store = new SheetStore(2);
  store.add("a", sheet("data:1"));
  const first = store.get("a");
  store.add("a", sheet("data:1"));
  assert.equal(store.get("a"), first);
  store.add("a", sheet("data:2"));
  assert.equal(store.get("a").source, "data:2");
});

test("a view that has left is told nothing", () => {
  const store = new SheetStore(2);
  const own = view("a");
  store.register(own)();
  store.add("a", sheet("data:1"));
  assert.equal(own.calls, 0);
});

test("unused sheets go, the oldest first; one that is shown stays", () => {
  const store = new SheetStore(2);
  store.register(view("a"));
  for (const id of ["a", "b", "c", "d"]) store.add(id, sheet(`data:${id}`));
  const kept = ["a", "b", "c", "d"].filter((id) => store.get(id));
  assert.deepEqual(kept, ["a", "c", "d"]);
});

test("a tile is cut out row by row", () => {
  const drawn = [];
  const context = { drawImage: (...what) => drawn.push(what) };
  const picture = {};
  drawTile(context, { ...sheet(""), picture }, 5, 10, 20, 8, 4);
  assert.deepEqual(drawn, [[picture, 8, 2, 4, 2, 10, 20, 8, 4]]);
});

test("a thumbnail is empty until its sheet is ready", () => {
  const drawn = [];
  const canvas = { getContext: () => ({ drawImage: (...what) => drawn.push(what) }) };
  fillThumbnail(canvas, undefined, 0);
  assert.deepEqual([canvas.width, canvas.height, tileShape(undefined)], [1, 1, [1, 1]]);
  fillThumbnail(canvas, { ...sheet(""), ready: false }, 0);
  assert.deepEqual([canvas.width, canvas.height, drawn.length], [4, 2, 0]);
  fillThumbnail(canvas, { ...sheet(""), ready: true }, 1);
  assert.equal(drawn.length, 1);
});
