// One similarity matrix on a canvas: what it holds, where it stands, and the way in.

const SHADES = 128;
const PICTURE_CELL = 15; // CSS pixels of a cell from which pictures stand at the edges
const NAMES_GUTTER = 24;

class SimilarityCanvas {
  constructor(root) {
    this.parts = buildPanel(root);
    this.host = root.host ?? root;
    this.context = this.parts.canvas.getContext("2d");
    this.data = {};
    this.hovered = this.awaited = null;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.parts.stage);
    bindGestures(this);
  }

  remove() {
    clearTimeout(this.telling);
    this.resizing.disconnect();
    this.parts.matrix.remove();
  }

  get count() {
    return this.data.names.length;
  }

  get sheet() {
    return shared.sheets.get(this.data.batch_id);
  }

  update(data) {
    const recount = this.data.names?.length !== data.names.length;
    this.data = data;
    this.cosines = unpackFloats(data.cosines);
    this.weights = unpackFloats(data.weights);
    this.values = data.show === "cosine" ? this.cosines : this.weights;
    this.same = data.same && new Set(data.same);
    this.same = this.same && Array.from({ length: this.count ** 2 }, (_, i) => this.same.has(i));
    if (recount || isNews(this, [data.row, data.column])) {
      [this.row, this.column] = [data.row, data.column];
    }
    if (recount) this.hovered = null;
    setText(this.parts.title, data.title);
    this.parts.canvas.setAttribute("aria-label", data.alt);
    this.readTheme();
    showLegend(this.parts.legend, {
      scale: data.scale,
      ramp: this.ramp,
      marks: data.marks,
      ghost: data.colours.ghost,
    });
    if (recount) this.resize();
    this.paint();
  }

  show([row, column]) {
    [this.row, this.column] = [row, column];
    this.paint();
  }

  hover(cell) {
    if (String(cell) === String(this.hovered)) return;
    this.hovered = cell;
    this.parts.tip.hidden = !cell;
    if (cell) {
      showTip(this.parts.tip, this.sheet, cell, this.linesOf(cell));
      this.placeTip(cell);
    }
    this.paint();
  }

  linesOf([row, column]) {
    const { names } = this.data;
    if (row === column) return [`${names[row]} with itself`, "masked out"];
    const at = row * this.count + column;
    const number = (value, digits) => value.toFixed(digits).replace("-", "\u2212");
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
    const withPictures = clientWidth / (this.count + 1) >= PICTURE_CELL;
    this.gutter = withPictures
      ? Math.min(clientWidth / (this.count + 1), 40)
      : NAMES_GUTTER;
    // Two pixels are left for the frame of the last row.
    this.cell = (clientWidth - 2 - this.gutter) / this.count;
    const { canvas, stage } = this.parts;
    stage.style.height = `${clientWidth}px`;
    canvas.width = canvas.height = Math.round(clientWidth * this.density);
    this.paint();
  }

  // The theme reaches a canvas only through computed styles.
  readTheme() {
    const style = getComputedStyle(this.host);
    const read = (name, other) => style.getPropertyValue(name).trim() || other;
    this.theme = {
      background: read("--st-background-color", "#ffffff"),
      text: read("--st-text-color", "#31333f"),
      font: read("--st-font", "sans-serif"),
    };
    this.ramp = rampThrough([this.theme.background, this.data.colours.middle, this.theme.text]);
  }
}

// From the page's own colour to its ink, so that more is darker in light and lighter in dark.
function rampThrough([low, middle, high]) {
  const canvas = document.createElement("canvas");
  canvas.width = SHADES;
  canvas.height = 1;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const gradient = context.createLinearGradient(0, 0, SHADES, 0);
  [low, middle, high].forEach((colour, i) => gradient.addColorStop([0, 0.62, 1][i], colour));
  context.fillStyle = gradient;
  context.fillRect(0, 0, SHADES, 1);
  const { data } = context.getImageData(0, 0, SHADES, 1);
  const shade = (i) => `rgb(${data[4 * i]} ${data[4 * i + 1]} ${data[4 * i + 2]})`;
  return Array.from({ length: SHADES }, (_, i) => shade(i));
}

function unpackFloats(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Float32Array(bytes.buffer);
}
