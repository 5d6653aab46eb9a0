// What a LiveMap draws: dim points, lines, bright points, rings, and the tip's place.

import { drawTile, tileShape } from "../shared/tiles.js";
import { markerSheet } from "./markers.js";

const PICTURE = 30; // CSS pixels of a picture that replaces its marker
const DIM = 0.28; // opacity

/** Draw the map as it is now. */
export function paint(map) {
  const { context, density, camera, selected, hovered, highlightedBin, factor } = map;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, camera.width, camera.height);
  project(map);
  if (selected !== null) {
    const neighbours = map.neighboursOf(selected);
    const bright = new Set([selected, ...neighbours]);
    paintDim(map, (i) => !bright.has(i));
    paintSelected(map, neighbours);
  } else if (highlightedBin !== null) {
    const bright = (i) => factor.bins[i] === highlightedBin;
    paintDim(map, (i) => !bright(i));
    paintPoints(map, bright);
  } else {
    paintPoints(map, () => true);
  }
  if (hovered !== null && hovered !== selected) paintRing(map, hovered, map.theme.text, 1.5);
  placeTip(map);
}

/** Width and height of a tile that covers as much as a square of this side. */
export function shapeOfPicture(imageSet, side) {
  const [across, down] = tileShape(imageSet);
  const wider = Math.sqrt(across / down);
  return [side * wider, side / wider];
}

// Where the points are on the canvas, and how large they are drawn.
function project(map) {
  const { camera, imageSet, state: { positions } } = map;
  if (map.pixels?.length !== positions.length) map.pixels = new Float32Array(positions.length);
  camera.project(positions, map.pixels);
  const { magnification } = camera;
  const room = Math.sqrt((camera.width * camera.height) / Math.max(map.count, 1));
  const radius = 0.27 * room * Math.sqrt(Math.max(magnification, 1));
  useMarkers(map, Math.round(Math.min(Math.max(radius, 2.5), 6) * 2) / 2);
  // Close enough that most pictures find room beside each other: points become pictures.
  map.asPictures = imageSet?.ready && magnification * room > 2 * PICTURE;
}

function useMarkers(map, radius) {
  if (map.markers && map.markerRadius === radius) return;
  map.markerRadius = radius;
  const canvas = new OffscreenCanvas(1, 1);
  map.markers = markerSheet(map.swatches, radius, map.density, map.theme.background, canvas);
  // A bitmap: every copy from a canvas would take a snapshot of it first.
  map.markers.canvas = canvas.transferToImageBitmap();
}

function paintDim(map, wanted) {
  map.context.globalAlpha = DIM;
  paintPoints(map, wanted);
  map.context.globalAlpha = 1;
}

function paintPoints(map, wanted) {
  const { pixels, camera, asPictures } = map;
  const edge = asPictures ? PICTURE : map.markers.size;
  const outside = (x, y) =>
    x < -edge || y < -edge || x > camera.width + edge || y > camera.height + edge;
  for (let i = 0; i < map.count; i++) {
    const [x, y] = [pixels[2 * i], pixels[2 * i + 1]];
    if (outside(x, y) || !wanted(i)) continue;
    if (asPictures) paintPicture(map, i, x, y);
    else paintMarker(map, i, x, y);
  }
}

function paintMarker({ context, markers, factor }, i, x, y) {
  const { canvas, cell, size } = markers;
  const left = (factor ? factor.bins[i] : 0) * cell;
  context.drawImage(canvas, left, 0, cell, cell, x - size / 2, y - size / 2, size, size);
}

// The picture in a frame of its colour, its symbol on the corner.
function paintPicture(map, i, x, y) {
  const { context, imageSet, swatches, factor } = map;
  const [width, height] = shapeOfPicture(imageSet, PICTURE);
  const [left, top] = [x - width / 2, y - height / 2];
  context.fillStyle = swatches[factor?.bins[i] ?? 0].colour;
  context.fillRect(left - 2, top - 2, width + 4, height + 4);
  drawTile(context, imageSet, i, left, top, width, height);
  if (factor?.kind === "class") paintMarker(map, i, left + width, top + height);
}

// Lines to the neighbours, with the points above them.
function paintSelected(map, neighbours) {
  const { context, pixels, selected, theme, imageSet } = map;
  context.strokeStyle = theme.text;
  context.lineWidth = 1.25;
  context.globalAlpha = 0.75;
  context.beginPath();
  neighbours.forEach((i) => {
    context.moveTo(pixels[2 * selected], pixels[2 * selected + 1]);
    context.lineTo(pixels[2 * i], pixels[2 * i + 1]);
  });
  context.stroke();
  context.globalAlpha = 1;
  const wanted = new Set(neighbours);
  paintPoints(map, (i) => wanted.has(i));
  paintPoints(map, (i) => i === selected);
  paintRing(map, selected, imageSet?.palette.anchor ?? theme.text, 2.5);
}

function paintRing({ context, pixels, imageSet, asPictures, markerRadius }, i, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  const corner = Math.hypot(...shapeOfPicture(imageSet, PICTURE)) / 2;
  const radius = asPictures ? corner * 1.16 : markerRadius + 4.5;
  context.arc(pixels[2 * i], pixels[2 * i + 1], radius, 0, 2 * Math.PI);
  context.stroke();
}

function placeTip({ parts: { tip }, hovered, pixels, camera }) {
  if (hovered === null || tip.hidden) return;
  const [x, y] = [pixels[2 * hovered], pixels[2 * hovered + 1]];
  const { offsetWidth, offsetHeight } = tip;
  const fitsRight = x + 16 + offsetWidth < camera.width;
  const left = Math.max(fitsRight ? x + 16 : x - 16 - offsetWidth, 0);
  const top = Math.min(Math.max(y - offsetHeight / 2, 0), camera.height - offsetHeight);
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
}
