// Markers are drawn once into a sheet and copied from it: a copy costs far less than a path.

import { element } from "../shared/dom.js";

function polygon(path, corners, radius, turn, inner = radius) {
  const steps = inner === radius ? corners : corners * 2;
  for (let i = 0; i < steps; i++) {
    const angle = turn + (i / steps) * 2 * Math.PI;
    const r = i % 2 && inner !== radius ? inner : radius;
    path.lineTo(r * Math.sin(angle), -r * Math.cos(angle));
  }
  path.closePath();
}

function cross(path, r) {
  const [a, b] = [r * 1.1, r * 0.38];
  const corners = [[-b, -a], [b, -a], [b, -b], [a, -b], [a, b], [b, b]];
  corners.forEach(([x, y]) => path.lineTo(x, y));
  corners.forEach(([x, y]) => path.lineTo(-x, -y));
  path.closePath();
}

// Radii differ so that all symbols look equally large.
function symbolPath(symbol, r) {
  const path = new Path2D();
  if (symbol === "square") path.rect(-r * 0.85, -r * 0.85, r * 1.7, r * 1.7);
  else if (symbol === "triangle-up") polygon(path, 3, r * 1.25, 0);
  else if (symbol === "triangle-down") polygon(path, 3, r * 1.25, Math.PI);
  else if (symbol === "diamond") polygon(path, 4, r * 1.2, 0);
  else if (symbol === "star") polygon(path, 5, r * 1.4, 0, r * 0.6);
  else if (symbol === "cross") cross(path, r);
  else if (symbol === "saltire") {
    const upright = new Path2D();
    cross(upright, r);
    path.addPath(upright, new DOMMatrix().rotate(45));
  }
  else path.arc(0, 0, symbol === "circle-open" ? r * 0.75 : r, 0, 2 * Math.PI);
  return path;
}

function drawMarker(context, symbol, colour, halo, r) {
  const path = symbolPath(symbol, r);
  const open = symbol === "circle-open";
  context.lineJoin = "round";
  context.strokeStyle = halo;
  context.lineWidth = open ? r * 0.65 + 2 : 2;
  context.stroke(path);
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = r * 0.65;
  if (open) context.stroke(path);
  else context.fill(path);
}

/**
 * The markers of swatches `[{ symbol, colour }]`, side by side.
 *
 * @returns `{ canvas, cell, size }`: a cell's side in the canvas and in CSS pixels.
 */
export function markerSheet(swatches, r, density, halo, canvas = element("canvas")) {
  const cell = Math.ceil((r * 1.5 + 2) * 2 * density);
  canvas.width = cell * Math.max(swatches.length, 1);
  canvas.height = cell;
  const context = canvas.getContext("2d");
  swatches.forEach(({ symbol, colour }, i) => {
    context.setTransform(density, 0, 0, density, cell * (i + 0.5), cell / 2);
    drawMarker(context, symbol, colour, halo, r);
  });
  return { canvas, cell, size: cell / density };
}

/** Symbol and colour of each bin of a factor, as its image set's palette has them. */
export function swatchesOf(factor, imageSet, theme) {
  if (!factor) return [{ symbol: "circle", colour: theme.text }];
  const { symbols, [theme.name]: colours } = imageSet.palette;
  const known = colours[factor.kind].map((colour, i) => ({
    colour,
    symbol: factor.kind === "class" ? symbols[i] : "circle",
  }));
  // No class has the saltire.
  return factor.unknown ? [...known, { symbol: "saltire", colour: theme.text }] : known;
}
