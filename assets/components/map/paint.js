// What LiveMap draws: dim points, lines, bright points, rings, and the tip beside its point.

Object.assign(LiveMap.prototype, {
  // Draws the moment `now`; true while anything is still on its way.
  paint(now) {
    if (!this.width || !this.target) return false;
    const moving = this.advance(now);
    const { context, density } = this;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    this.project();
    const group = this.selected === null ? null : this.othersOf(this.selected);
    const picked = group && new Set([this.selected, ...group]);
    const bright = this.only === null ? null : (i) => this.factor.bins[i] === this.only;
    this.paintPoints(picked ? (i) => picked.has(i) : bright, picked);
    if (group) this.paintGroup(group);
    if (this.hovered !== null && this.hovered !== this.selected) {
      this.ring(this.hovered, this.theme.text, 1.5);
    }
    this.placeTip();
    return moving;
  },

  advance(now) {
    const span = lessMotion.matches ? 0 : GLIDE_MS;
    const t = span ? Math.min(Math.max((now - this.started) / span, 0), 1) : 1;
    const { xy } = this.memory;
    const share = eased(t);
    for (let i = 0; i < xy.length; i++) {
      xy[i] = this.from[i] + (this.target[i] - this.from[i]) * share;
    }
    const c = span ? Math.min(Math.max((now - this.cameraStarted) / span, 0), 1) : 1;
    if (this.cameraTo) {
      for (const d of ["x", "y", "half"]) {
        const [a, b] = [this.cameraFrom[d], this.cameraTo[d]];
        this.memory.camera[d] = a + (b - a) * eased(c);
      }
    }
    return t < 1 || c < 1;
  },

  // World to CSS pixels, for all points at once.
  project() {
    const { camera, xy } = this.memory;
    const scale = Math.min(this.width, this.height) / 2 / camera.half;
    if (this.at?.length !== xy.length) this.at = new Float32Array(xy.length);
    for (let i = 0; i < xy.length; i += 2) {
      this.at[i] = this.width / 2 + (xy[i] - camera.x) * scale;
      this.at[i + 1] = this.height / 2 - (xy[i + 1] - camera.y) * scale;
    }
    this.closeness = this.fitted().half / camera.half;
    const room = Math.sqrt((this.width * this.height) / Math.max(this.count, 1));
    const radius = 0.27 * room * Math.sqrt(Math.max(this.closeness, 1));
    this.useSheet(Math.round(Math.min(Math.max(radius, 2.5), 6) * 2) / 2);
    // Close enough that neighbouring pictures mostly find room: the points become pictures.
    this.pictures = this.set?.ready && this.closeness * room > 2 * PICTURE;
  },

  useSheet(radius) {
    if (this.sheet && this.radius === radius) return;
    this.radius = radius;
    const { swatches, density, theme } = this;
    const drawn = new OffscreenCanvas(1, 1);
    this.sheet = markerSheet(swatches, radius, density, theme.background, drawn);
    // A bitmap: every copy from a canvas takes a snapshot of it first.
    this.sheet.canvas = drawn.transferToImageBitmap();
  },

  paintPoints(bright, picked) {
    const { context } = this;
    if (bright) {
      context.globalAlpha = DIM;
      this.paintSome((i) => !bright(i));
      context.globalAlpha = 1;
    }
    // A picked group is drawn over its lines, by paintGroup.
    if (!picked) this.paintSome(bright ?? (() => true));
  },

  paintSome(wanted) {
    const { at, width, height, pictures } = this;
    const edge = pictures ? PICTURE : this.sheet.size;
    for (let i = 0; i < this.count; i++) {
      const [x, y] = [at[2 * i], at[2 * i + 1]];
      const outside = x < -edge || y < -edge || x > width + edge || y > height + edge;
      if (outside || !wanted(i)) continue;
      if (pictures) this.paintPicture(i, x, y);
      else this.paintMarker(i, x, y);
    }
  },

  paintMarker(i, x, y) {
    const { canvas, cell, size } = this.sheet;
    const left = (this.factor ? this.factor.bins[i] : 0) * cell;
    this.context.drawImage(canvas, left, 0, cell, cell, x - size / 2, y - size / 2, size, size);
  },

  // The picture in a frame of its colour, its symbol on the corner.
  paintPicture(i, x, y) {
    const { context, set, swatches, factor } = this;
    const [width, height] = shaped(set, PICTURE);
    const [left, top] = [x - width / 2, y - height / 2];
    context.fillStyle = swatches[factor?.bins[i] ?? 0].colour;
    context.fillRect(left - 2, top - 2, width + 4, height + 4);
    drawTile(context, set, i, left, top, width, height);
    if (factor?.kind === "class") this.paintMarker(i, left + width, top + height);
  },

  paintGroup(others) {
    const { context, at, selected } = this;
    context.strokeStyle = this.theme.text;
    context.lineWidth = 1.25;
    context.globalAlpha = 0.75;
    context.beginPath();
    others.forEach((i) => {
      context.moveTo(at[2 * selected], at[2 * selected + 1]);
      context.lineTo(at[2 * i], at[2 * i + 1]);
    });
    context.stroke();
    context.globalAlpha = 1;
    const group = new Set(others);
    this.paintSome((i) => group.has(i));
    this.paintSome((i) => i === selected);
    this.ring(selected, this.anchorColour(), 2.5);
  },

  anchorColour() {
    return this.set?.palette.anchor ?? this.theme.text;
  },

  ring(i, colour, width) {
    const { context, at } = this;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    const corner = Math.hypot(...shaped(this.set, PICTURE)) / 2;
    const radius = this.pictures ? corner * 1.16 : this.radius + 4.5;
    context.arc(at[2 * i], at[2 * i + 1], radius, 0, 2 * Math.PI);
    context.stroke();
  },

  placeTip() {
    const { tip } = this.parts;
    if (this.hovered === null || tip.hidden) return;
    const [x, y] = [this.at[2 * this.hovered], this.at[2 * this.hovered + 1]];
    const { offsetWidth, offsetHeight } = tip;
    const left = x + 16 + offsetWidth < this.width ? x + 16 : x - 16 - offsetWidth;
    const top = Math.min(Math.max(y - offsetHeight / 2, 0), this.height - offsetHeight);
    tip.style.transform = `translate(${Math.round(Math.max(left, 0))}px, ${Math.round(top)}px)`;
  },
});
