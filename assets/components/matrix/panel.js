// Everything around the canvas: title, tip, key to the marks, and what is read aloud.

const KEYS =
  "Arrow keys move the chosen cell; Home and End go to the ends of the row, " +
  "P to the partner.";

function make(tag, className, text = "", attributes = {}) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  return element;
}

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function buildPanel(root) {
  root.querySelector(".matrix")?.remove();
  const parts = {
    matrix: make("div", "matrix"),
    title: make("p", "title"),
    stage: make("div", "stage"),
    canvas: make("canvas", "cells", "", {
      tabindex: "0",
      role: "application",
      "aria-roledescription": "similarity matrix",
      "aria-description": KEYS,
    }),
    tip: make("div", "tip", "", { hidden: "" }),
    legend: make("div", "legend"),
    keys: make("p", "keys", KEYS),
    said: make("div", "said", "", { "aria-live": "polite" }),
  };
  parts.stage.append(parts.canvas, parts.tip);
  parts.matrix.append(parts.title, parts.stage, parts.legend, parts.keys, parts.said);
  root.append(parts.matrix);
  return parts;
}

// The scale and every mark that the matrix uses now, each with its name.
function showLegend(legend, { scale, ramp, marks, ghost }) {
  const bar = make("canvas", "ramp");
  bar.width = ramp.length;
  bar.height = 1;
  const context = bar.getContext("2d");
  ramp.forEach((colour, i) => {
    context.fillStyle = colour;
    context.fillRect(i, 0, 1, 1);
  });
  bar.style.borderColor = ghost;
  const [name, low, high] = scale;
  const ends = [make("span", "name", name), make("span", "", low), bar, make("span", "", high)];
  const named = marks.map(({ kind, colour, text }) => {
    const mark = make("span", `mark ${kind}`);
    mark.style.color = colour;
    const item = make("span", "item");
    item.append(mark, make("span", "", text));
    return item;
  });
  const first = make("span", "item");
  first.append(...ends);
  legend.replaceChildren(first, ...named);
}

function showTip(tip, sheet, [row, column], lines) {
  const pictures = [row, column].map((view) => {
    const picture = make("canvas", "picture");
    [picture.width, picture.height] = sheet?.tile ?? [1, 1];
    if (sheet?.ready) drawTile(picture.getContext("2d"), sheet, view, 0, 0, ...sheet.tile);
    return picture;
  });
  const text = make("div", "lines");
  text.append(...lines.map((line) => make("div", "", line)));
  tip.replaceChildren(...(sheet?.ready ? pictures : []), text);
}

function drawTile(context, sheet, view, x, y, width, height) {
  const { tile: [across, down], columns, picture } = sheet;
  const left = (view % columns) * across;
  const top = Math.floor(view / columns) * down;
  context.drawImage(picture, left, top, across, down, x, y, width, height);
}
