// A map on a page: focus, pointers, and what is read aloud.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { addImageSet } from "../../assets/components/map/image_sets.js";
import { LiveMap } from "../../assets/components/map/live_map.js";
import { base64, closePage, openPage, send } from "./page.js";

const SWATCHES = { class: ["c0", "c1"], number: ["n0"], angle: ["a0"] };
// Three points from left to right, the first two of a class.
const FRAME = {
  frame_id: 1,
  box: [0, 0, 1, 1],
  xy: base64(Uint16Array.of(0, 0, 100, 0, 200, 0)),
  neighbours: base64(Uint16Array.of(1, 2, 0, 2, 1, 0)),
  k: 2,
};

let page;
let map;

beforeEach(() => {
  page = openPage();
  addImageSet({
    set_id: "shapes",
    sheet: "data:1",
    tile: [1, 1],
    columns: 3,
    label: "shape",
    sounds: null,
    palette: { light: SWATCHES, dark: SWATCHES, symbols: ["circle", "square"] },
    factors: [
      {
        name: "shape",
        kind: "class",
        names: ["ring", "bar"],
        values: base64(Float32Array.of(0, 0, 1)),
      },
    ],
  });
  map = new LiveMap(page.root, { key: "a map" });
});

afterEach(() => {
  mock.restoreAll();
  closePage();
});

function show(setId = "shapes") {
  map.show({ ...FRAME, set_id: setId, title: "", alt: "", height: 400 });
  map.pixels = Float32Array.of(0, 0, 100, 0, 200, 0);
}

const press = (key) => send(map.parts.canvas, "keydown", { key });

test("the legend keeps the focus on the class that is pressed", () => {
  show();
  const button = map.parts.legend.children[1];
  button.focus();
  button.onclick();
  const shown = map.parts.legend.children[1];
  assert.notEqual(shown, button);
  assert.equal(shown.getAttribute("aria-pressed"), "true");
  assert.equal(page.focused(), shown);
});

test("a legend without the focus does not take it", () => {
  show();
  map.parts.canvas.focus();
  map.restyle();
  assert.equal(page.focused(), map.parts.canvas);
});

test("clearing the selection by its button leaves the focus on the map", () => {
  show();
  map.select(1);
  const [chosen] = map.parts.inspector.querySelectorAll(".slot");
  chosen.focus();
  chosen.onclick();
  assert.equal(map.selected, null);
  assert.equal(page.focused(), map.parts.canvas);
});

test("a step to a point of the same class is read aloud as another one", () => {
  show();
  const said = () => map.parts.announcement.textContent;
  const steps = ["ArrowRight", "ArrowRight", "ArrowRight"].map((key) => {
    press(key);
    return said();
  });
  assert.deepEqual(steps, ["Point 1 of 3: ring", "Point 2 of 3: ring", "Point 3 of 3: bar"]);
  press("Enter");
  assert.match(said(), /^shape bar\. 0 of 2 /);
  press("ArrowRight");
  assert.equal(said(), "Neighbour 1: ring");
  press("ArrowRight");
  assert.equal(said(), "Neighbour 2: ring");
});

test("points of which nothing is known are counted", () => {
  show("unknown set");
  press("ArrowLeft");
  assert.equal(map.parts.announcement.textContent, "Point 3 of 3");
  assert.ok(map.parts.choices.hidden, "there is nothing to colour by");
});

const pointer = (kind, clientX, properties) =>
  send(map.parts.canvas, `pointer${kind}`, {
    ...{ pointerId: 1, pointerType: "mouse", clientX, clientY: 0, button: 0, buttons: 1 },
    ...properties,
  });

test("a click selects a point, and a drag moves the map", () => {
  show();
  const pan = mock.method(map.camera, "pan", () => {});
  pointer("down", 100);
  pointer("up", 100, { buttons: 0 });
  assert.equal(map.selected, 1);
  pointer("down", 100);
  pointer("move", 150);
  pointer("up", 150, { buttons: 0 });
  assert.deepEqual(pan.mock.calls[0].arguments, [50, 0]);
  assert.equal(map.selected, 1);
});

test("a press that opens a menu neither selects nor drags", () => {
  show();
  const pan = mock.method(map.camera, "pan", () => {});
  for (const pressed of [{ button: 2, buttons: 2 }, { button: 1, buttons: 4 }, { ctrlKey: true }]) {
    pointer("down", 100, pressed);
    pointer("move", 150, pressed);
    pointer("up", 100, { ...pressed, buttons: 0 });
  }
  assert.equal(pan.mock.callCount(), 0);
  assert.equal(map.selected, null);
});

test("a mouse that was released elsewhere no longer moves the map", () => {
  show();
  const pan = mock.method(map.camera, "pan", () => {});
  pointer("down", 100);
  pointer("move", 150);
  assert.ok(map.parts.canvas.classList.contains("held"));
  pointer("move", 200, { buttons: 0 });
  assert.equal(pan.mock.callCount(), 1);
  assert.ok(!map.parts.canvas.classList.contains("held"));
  assert.equal(map.hovered, 2);
});
