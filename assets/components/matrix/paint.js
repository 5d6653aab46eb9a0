// What a SimilarityCanvas draws: cells, marks of the roles, the chosen row and cell.

import { drawTile } from "../shared/tiles.js";

export const SHADES = 128;
export const PICTURE_CELL = 15; // CSS pixels of a cell from which pictures stand at the edges

/** Draw the matrix as it is now. */
export function paint(matrix) {
  const { context, density, width, hovered, theme } = matrix;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, width);
  paintCells(matrix);
  paintPositives(matrix);
  paintSameClass(matrix);
  if (matrix.cell >= PICTURE_CELL && matrix.sheet?.ready) paintPictures(matrix);
  else paintNames(matrix);
  paintChosen(matrix);
  if (hovered) paintFrame(matrix, hovered, theme.text, 1);
}

/**
 * The place of a value among `SHADES` shades: a cosine in equal steps, a softmax weight by
 * its square root, because an even row would be blank otherwise.
 */
export function shadeOf(value, show) {
  const part = show === "cosine" ? (value + 1) / 2 : Math.sqrt(value);
  return Math.round(Math.min(Math.max(part, 0), 1) * (SHADES - 1));
}

function paintCells(matrix) {
  const { context, count, ramp, values, data } = matrix;
  for (let row = 0; row < count; row++) {
    const [y, height] = matrix.span(row);
    for (let column = 0; column < count; column++) {
      const [x, width] = matrix.span(column);
      if (row === column) paintSelf(matrix, x, y, width);
      else {
        context.fillStyle = ramp[shadeOf(values[row * count + column], data.show)];
        context.fillRect(x, y, width, height);
      }
    }
  }
}

// Struck out: a view with itself is masked, so it has no shade at all.
function paintSelf({ context, theme, data }, x, y, size) {
  context.fillStyle = theme.background;
  context.fillRect(x, y, size, size);
  context.strokeStyle = data.colours.neutral;
  context.lineWidth = Math.min(1.5, size / 6);
  context.beginPath();
  context.moveTo(x + 1, y + 1);
  context.lineTo(x + size - 1, y + size - 1);
  context.stroke();
}

function paintPositives(matrix) {
  const { count, cell, data } = matrix;
  for (let row = 0; row < count; row++) {
    paintFrame(matrix, [row, row ^ 1], data.colours.positive, cell < 9 ? 1.5 : 2.5);
  }
}

// A dot with a rim, so that it shows on every shade and not by its colour alone.
function paintSameClass(matrix) {
  const { context, count, cell, sameClass, data, theme } = matrix;
  for (const i of sameClass) {
    const [y, height] = matrix.span(Math.floor(i / count));
    const [x, width] = matrix.span(i % count);
    context.beginPath();
    context.arc(x + width / 2, y + height / 2, Math.max(1.6, cell * 0.2), 0, 2 * Math.PI);
    context.fillStyle = data.colours.negative;
    context.fill();
    context.strokeStyle = theme.background;
    context.lineWidth = cell < 9 ? 0.75 : 1.5;
    context.stroke();
  }
}

function paintPictures(matrix) {
  const { context, gutter, sheet } = matrix;
  for (let view = 0; view < matrix.count; view++) {
    const side = Math.min(gutter - 3, matrix.span(view)[1] - 2);
    const scale = side / Math.max(...sheet.tile);
    const [width, height] = sheet.tile.map((length) => length * scale);
    const [x, y] = [width, height].map((length) => matrix.middle(view) - length / 2);
    drawTile(context, sheet, view, 0, Math.round(y), width, height);
    drawTile(context, sheet, view, Math.round(x), 0, width, height);
  }
}

// The names of the chosen two alone: there is no room for more.
function paintNames(matrix) {
  const { context, gutter, theme, data, row, column } = matrix;
  context.fillStyle = theme.text;
  context.font = `11px ${theme.font}`;
  context.textBaseline = "middle";
  context.textAlign = "right";
  context.fillText(data.names[row], gutter - 4, matrix.middle(row));
  context.textAlign = "center";
  context.fillText(data.names[column], matrix.middle(column), gutter / 2);
}

function paintChosen(matrix) {
  const { context, gutter, width, row, column, theme, data } = matrix;
  const [y, height] = matrix.span(row);
  const [x, across] = matrix.span(column);
  context.lineWidth = 2;
  context.strokeStyle = data.colours.anchor;
  context.strokeRect(gutter - 1, y - 1, width - gutter, height + 2);
  context.lineWidth = 1;
  context.strokeStyle = theme.text;
  context.globalAlpha = 0.6;
  context.strokeRect(x - 0.5, gutter - 0.5, across + 1, width - gutter);
  context.globalAlpha = 1;
  paintFrame(matrix, [row, column], theme.background, 5);
  paintFrame(matrix, [row, column], theme.text, 2.5);
}

function paintFrame(matrix, [row, column], colour, width) {
  const { context } = matrix;
  const [y, height] = matrix.span(row);
  const [x, across] = matrix.span(column);
  const inset = width / 2;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x + inset - 1, y + inset - 1, across - width + 2, height - width + 2);
}
