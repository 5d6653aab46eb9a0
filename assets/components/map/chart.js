// One map: positions that glide, a camera that the learner owns, and what is picked out.

const GLIDE_MS = 200;
const PICTURE = 30; // CSS pixels of a thumbnail that stands in for its marker
const DIM = 0.28;
const remembered = new Map(); // key -> what outlives a page switch

const lessMotion = window.matchMedia("(prefers-reduced-motion: reduce)");
const eased = (t) => 1 - (1 - t) ** 3;

class LiveMap {
  constructor(root, data) {
    this.parts = buildPanel(root);
    this.host = root.host ?? root;
    this.context = this.parts.canvas.getContext("2d");
    this.memory = remembered.get(data.key) ?? { camera: { x: 0, y: 0, half: 1 }, own: false };
    remembered.set(data.key, this.memory);
    this.data = {};
    this.neighbours = new Uint16Array(0);
    this.hovered = this.selected = this.only = null;
    this.visible = true;
    this.resizing = new ResizeObserver(() => this.resize());
    this.watching = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      if (this.visible) this.request();
    });
    this.resizing.observe(this.parts.stage);
    this.watching.observe(this.parts.stage);
    bindGestures(this);
  }

  remove() {
    this.unfollow();
    this.resizing.disconnect();
    this.watching.disconnect();
    cancelAnimationFrame(this.waiting);
    this.player?.pause();
    this.parts.map.remove();
  }

  get count() {
    return this.target?.length / 2 || 0;
  }

  update(data) {
    const before = this.data;
    this.data = data;
    setText(this.parts.title, data.title);
    this.parts.canvas.setAttribute("aria-label", data.alt);
    this.parts.stage.style.height = `${data.height}px`;
    const restyled = this.readTheme();
    const moved = before.frame_id !== data.frame_id || before.set_id !== data.set_id;
    if (moved) this.glideTo(data);
    // Chosen by the page, not by a hand: nothing is played.
    if (moved && data.chosen !== undefined) this.selected = data.chosen;
    if (this.set !== sets.get(data.set_id) || before.colour_by !== data.colour_by) this.useSet();
    else if (restyled) this.restyle();
    else this.inspect();
    this.request();
  }

  // Positions come as steps of the frame's own box, neighbours as point numbers.
  glideTo(data) {
    const steps = new Uint16Array(unpackBytes(data.xy).buffer);
    const [x, y, width, height] = data.box;
    const target = Float32Array.from(steps, (step, i) =>
      i % 2 ? y + (step / 65535) * height : x + (step / 65535) * width,
    );
    this.neighbours = new Uint16Array(unpackBytes(data.neighbours).buffer);
    const same = this.memory.set === data.set_id && this.memory.xy?.length === target.length;
    if (!same) {
      this.select(null);
      this.hover(null);
      this.only = null;
      Object.assign(this.memory, { set: data.set_id, own: false, box: null });
    }
    this.target = target;
    this.from = same ? this.memory.xy.slice() : target;
    this.memory.xy = this.from.slice();
    this.started = performance.now();
    this.growBox();
    if (!this.memory.own) this.aim(this.fitted(), same);
  }

  useSet() {
    this.set = sets.get(this.data.set_id);
    const factors = this.set?.factors ?? [];
    const named = (name) => factors.find((factor) => factor.name === name);
    this.factor =
      named(this.memory.colourBy) ?? named(this.data.colour_by) ?? named(this.set?.label);
    this.factor ??= factors[0];
    showChoices(this.parts.choices, this.set, this.factor?.name, (name) => {
      this.memory.colourBy = name;
      this.only = null;
      this.factor = named(name);
      this.restyle();
    });
    this.restyle();
  }

  // The theme reaches the canvas only through computed styles. True when it has changed.
  readTheme() {
    const style = getComputedStyle(this.host);
    const read = (name, other) => style.getPropertyValue(name).trim() || other;
    const background = read("--st-background-color", "#ffffff");
    const text = read("--st-text-color", "#31333f");
    if (this.theme?.background === background && this.theme.text === text) return false;
    this.theme = { background, text, name: isDark(background) ? "dark" : "light" };
    return true;
  }

  restyle() {
    this.swatches = swatchesOf(this.factor, this.set, this.theme);
    this.sheet = null;
    showLegend(this.parts.legend, this.factor, this.swatches, this.theme, this.only, (only) => {
      this.only = only;
      this.restyle();
    });
    if (this.hovered !== null) showTip(this.parts.tip, this.set, this.hovered);
    this.inspect();
    this.request();
  }

  resize() {
    const { clientWidth, clientHeight } = this.parts.stage;
    if (!clientWidth) return;
    this.density = window.devicePixelRatio || 1;
    this.width = clientWidth;
    this.height = clientHeight;
    this.parts.canvas.width = Math.round(clientWidth * this.density);
    this.parts.canvas.height = Math.round(clientHeight * this.density);
    this.sheet = null;
    if (!this.memory.own) {
      this.memory.camera = this.fitted();
      this.aim(this.memory.camera, false);
    }
    // At once: a resized canvas is empty, and an empty one would blink.
    this.paint(performance.now());
  }

  othersOf(index) {
    return Array.from(this.neighbours.slice(index * this.data.k, (index + 1) * this.data.k));
  }

  select(index) {
    this.selected = index;
    this.hear(index);
    // The tip would cover the lines, and what it says stands below the map as well.
    if (index !== null && index === this.hovered) this.parts.tip.hidden = true;
    this.inspect();
    const others = index === null ? [] : this.othersOf(index);
    const said = index === null || !this.factor ? "" : this.factor.words + " " +
      `${valueText(this.factor, this.factor.values[index])}. ` +
      agreementText(this.factor, index, others);
    setText(this.parts.said, said);
    this.request();
  }

  hear(index) {
    this.player?.pause();
    // The learner's own recording has its player on the page.
    if (index === null || !this.set?.sounds || index === this.data.chosen) return;
    this.player ??= new Audio();
    this.player.src = `${this.set.sounds}/${index}`;
    this.player.play().catch(() => {}); // the next point came first, or there is no sound
  }

  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.parts.tip.hidden = index === null || index === this.selected || !this.set;
    if (index !== null) showTip(this.parts.tip, this.set, index);
    this.request();
  }

  inspect() {
    showInspector(this.parts.inspector, {
      set: this.set,
      factor: this.factor,
      swatches: this.swatches,
      selected: this.selected,
      others: this.selected === null ? [] : this.othersOf(this.selected),
      select: (index) => this.select(index),
      clear: () => this.select(null),
    });
  }

  // Frames are asked for only while something moves, and never off-screen.
  request() {
    if (!this.visible || this.waiting) return;
    this.waiting = requestAnimationFrame((now) => {
      this.waiting = 0;
      if (this.density !== (window.devicePixelRatio || 1)) this.resize();
      if (this.paint(now)) this.request();
    });
  }
}

function isDark(colour) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
  return 0.3 * r + 0.59 * g + 0.11 * b < 128;
}
