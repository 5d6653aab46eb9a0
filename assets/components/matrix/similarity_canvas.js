// One similarity matrix on a canvas: its numbers, the chosen cell and where cells are.

import { decodeFloat32 } from "../shared/codec.js";
import { setAttributes, setText } from "../shared/dom.js";
import { withMinusSign } from "../shared/numbers.js";
import { readTheme } from "../shared/theme.js";
import { batchImages } from "./batch_images.js";
import { bindGestures, isNewSelection } from "./gestures.js";
import { paint, PICTURE_CELL, SHADES } from "./paint.js";
import { buildPanel, showLegend, showTip } from "./panel.js";

const NAMES_GUTTER = 24; // CSS pixels beside the cells, where there is no room for pictures
const MAX_GUTTER = 40;

export class SimilarityCanvas {
  constructor(root) {
    this.parts = buildPanel(root);
    this.host = root.host ?? root;
    this.context = this.parts.canvas.getContext("2d");
    this.data = {};
    this.hovered = this.pendingCell = null;
    this.unregister = batchImages.register(this);
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.parts.stage);
    this.unbindGestures = bindGestures(this);
  }

  unmount() {
    clearTimeout(this.sending);
    this.unregister();
    this.unbindGestures();
    this.resizing.disconnect();
    this.parts.matrix.remove();
  }

  get count() {
    return this.data.names.length;
  }

  get sheetId() {
    return this.data.batch_id;
  }

  get sheet() {
    return batchImages.get(this.sheetId);
  }

  onSheet() {
    this.refreshTip();
    this.paint();
  }

  update(data, { setTriggerValue }) {
    this.send = ([row, column]) => setTriggerValue("chosen", { row, column });
    const recount = this.data.names?.length !== data.names.length;
    if (recount) this.hover(null); // the cell may be gone
    this.data = data;
    this.cosines = decodeFloat32(data.cosines);
    this.weights = decodeFloat32(data.weights);
    this.values = data.show === "cosine" ? this.cosines : this.weights;
    this.sameClass = data.same ?? [];
    if (recount || isNewSelection(this, [data.row, data.column])) {
      [this.row, this.column] = [data.row, data.column];
    }
    this.refreshTip();
    setText(this.parts.title, data.title);
    setAttributes(this.parts.canvas, { "aria-label": data.alt });
    this.theme = readTheme(this.host);
    const { background, text } = this.theme;
    this.ramp = colourRamp([background, data.colours.middle, text]);
    showLegend(this.parts.legend, {
      scale: data.scale,
      ramp: this.ramp,
      marks: data.marks,
      border: data.colours.neutral,
    });
    if (recount) this.resize();
    this.paint();
  }

  paint() {
    if (this.width && this.values) paint(this);
  }

  choose([row, column]) {
    [this.row, this.column] = [row, column];
    this.paint();
    setText(this.parts.announcement, this.linesOf([row, column]).join(", "));
  }

  hover(cell) {
    if (String(cell) === String(this.hovered)) return;
    this.hovered = cell;
    this.parts.tip.hidden = !cell;
    this.refreshTip();
    this.paint();
  }

  refreshTip() {
    const { hovered } = this;
    if (!hovered) return;
    showTip(this.parts.tip, this.sheet, hovered, this.linesOf(hovered));
    this.placeTip(hovered);
  }

  /** What a cell says, line by line. */
  linesOf([row, column]) {
    const { names } = this.data;
    if (row === column) return [`${names[row]} with itself`, "masked out"];
    const at = row * this.count + column;
    const number = (value, digits) => withMinusSign(value.toFixed(digits));
    return [
      `${names[row]} with ${names[column]}${column === (row ^ 1) ? ", its partner" : ""}`,
      `cosine ${number(this.cosines[at], 2)}`,
      `softmax ${number(100 * this.weights[at], 1)} %`,
    ];
  }

  placeTip([row, column]) {
    const { tip } = this.parts;
    const x = this.middle(column) + this.cell / 2 + 10;
    const fits = x + tip.offsetWidth < this.width;
    const left = fits ? x : this.middle(column) - this.cell / 2 - 10 - tip.offsetWidth;
    const top = Math.min(this.middle(row), this.width - tip.offsetHeight);
    tip.style.transform = `translate(${Math.round(Math.max(left, 0))}px, ${Math.round(top)}px)`;
  }

  resize() {
    const { clientWidth } = this.parts.stage;
    if (!clientWidth || !this.data.names) return;
    this.density = window.devicePixelRatio || 1;
    this.width = clientWidth;
    const evenly = clientWidth / (this.count + 1);
    this.gutter = evenly >= PICTURE_CELL ? Math.min(evenly, MAX_GUTTER) : NAMES_GUTTER;
    // Two pixels are left for the frame of the last row.
    this.cell = (clientWidth - 2 - this.gutter) / this.count;
    const { canvas, stage } = this.parts;
    stage.style.height = `${clientWidth}px`;
    canvas.width = canvas.height = Math.round(clientWidth * this.density);
    this.paint();
  }

  /** First pixel and length of a row or column, in whole CSS pixels. */
  span(index) {
    const start = Math.round(this.gutter + index * this.cell);
    return [start, Math.round(this.gutter + (index + 1) * this.cell) - start];
  }

  middle(index) {
    return this.gutter + (index + 0.5) * this.cell;
  }
}

// From the page's background to its text colour: more is darker in light, lighter in dark.
function colourRamp(colours) {
  const canvas = document.createElement("canvas");
  canvas.width = SHADES;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const gradient = context.createLinearGradient(0, 0, SHADES, 0);
  colours.forEach((colour, i) => gradient.addColorStop([0, 0.62, 1][i], colour));
  context.fillStyle = gradient;
  context.fillRect(0, 0, SHADES, 1);
  const { data } = context.getImageData(0, 0, SHADES, 1);
  const shade = (i) => `rgb(${data[4 * i]} ${data[4 * i + 1]} ${data[4 * i + 2]})`;
  return Array.from({ length: SHADES }, (_, i) => shade(i));
}
