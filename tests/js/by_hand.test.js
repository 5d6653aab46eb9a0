// The loss by hand on a page.

import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";

import { bindGestures } from "../../assets/components/by_hand/gestures.js";
import { LossByHand } from "../../assets/components/by_hand/loss_by_hand.js";
import { START_VIEW } from "../../assets/components/by_hand/geometry.js";
import { ntXent } from "../../assets/components/by_hand/loss.js";
import { closePage, openPage, send } from "./page.js";

const POINTS = [[1, 0], [0, 1], [-1, 0], [0, -1]];

let page;

beforeEach(() => {
  page = openPage();
  mock.timers.enable({ apis: ["setTimeout"] });
});

afterEach(() => {
  mock.timers.reset();
  closePage();
});

test("in a background tab, where nothing is painted, it is sent and described", () => {
  const data = {
    limits: { tau: [0.05, 1, 0.01] },
    colours: {},
    revision: 1,
    state: { images: 2, tau: 0.5, space: "circle", anchor: 0, preset: "own", points: POINTS },
  };
  const widget = new LossByHand(page.root, data);
  const sent = [];
  widget.update(data, { setStateValue: (name, value) => sent.push(value) });
  mock.timers.tick(1000);
  assert.deepEqual(sent.map(({ loss }) => loss), [ntXent(POINTS, 0.5).loss]);
  assert.match(widget.parts.svg.getAttribute("aria-label"), /^4 points on a circle/);
  assert.match(widget.parts.announcement.textContent, /^NT-Xent 0\.7586\. A2 pulls A1/);
});

test("a press that opens a menu does not turn the sphere", () => {
  const svg = page.root;
  const widget = {
    parts: { svg },
    frame: { x: 0, y: 0, radius: 100 },
    state: { space: "sphere", z: [] },
    view: START_VIEW,
    requestPaint() {},
  };
  bindGestures(widget);
  const drag = (pressed) => {
    const place = { pointerId: 1, clientX: 0, clientY: 0, movementX: 50, movementY: 0 };
    send(svg, "pointerdown", { ...place, ...pressed });
    send(svg, "pointermove", { ...place, clientX: 50 });
    send(svg, "pointerup", place);
  };
  drag({ button: 2 });
  drag({ button: 0, ctrlKey: true });
  assert.equal(widget.view, START_VIEW);
  drag({ button: 0 });
  assert.notEqual(widget.view, START_VIEW);
});
