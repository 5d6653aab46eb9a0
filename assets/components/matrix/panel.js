// Everything around the canvas: title, tip, key to the marks, and what is read aloud.

import { colourBar, element, liveRegion } from "../shared/dom.js";
import { fillThumbnail } from "../shared/tiles.js";

const KEYS =
  "Arrow keys move the chosen cell; Home and End go to the ends of the row, " +
  "P to the partner.";

/** Build the parts of a matrix once; what changes is written into them. */
export function buildPanel(root) {
  const parts = {
    matrix: element("div", "component matrix"),
    title: element("p", "title"),
    stage: element("div", "stage"),
    canvas: element("canvas", "cells", "", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": "similarity matrix",
      "aria-describedby": "matrix-keys",
    }),
    tip: element("div", "tip", "", { hidden: "" }),
    legend: element("div", "legend"),
    keys: element("p", "keys", KEYS, { id: "matrix-keys" }),
    announcement: liveRegion(),
  };
  parts.stage.append(parts.canvas, parts.tip);
  parts.matrix.append(parts.title, parts.stage, parts.legend, parts.keys, parts.announcement);
  root.append(parts.matrix);
  return parts;
}

/** Show the scale and every mark that the matrix uses now, each with its name. */
export function showLegend(legend, { scale: [name, low, high], ramp, marks, border }) {
  const bar = colourBar(ramp);
  bar.style.borderColor = border;
  const scale = element("span", "item");
  const [first, last] = [low, high].map((text) => element("span", "", text));
  scale.append(element("span", "name", name), first, bar, last);
  const named = marks.map(({ kind, colour, text }) => {
    const mark = element("span", `mark ${kind}`);
    mark.style.color = colour;
    const item = element("span", "item");
    item.append(mark, element("span", "", text));
    return item;
  });
  legend.replaceChildren(scale, ...named);
}

/** Fill the tip with the pictures of a cell's two views, and its lines. */
export function showTip(tip, sheet, cell, lines) {
  const pictures = cell.map((view) => {
    const picture = element("canvas", "picture");
    fillThumbnail(picture, sheet, view);
    return picture;
  });
  const text = element("div", "lines");
  text.append(...lines.map((line) => element("div", "", line)));
  tip.replaceChildren(...(sheet?.ready ? pictures : []), text);
}
