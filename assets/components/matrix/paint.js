// What a SimilarityCanvas draws: cells, marks of the roles, the chosen row and cell.

Object.assign(SimilarityCanvas.prototype, {
  paint() {
    if (!this.width || !this.values) return;
    const { context, density } = this;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, this.width, this.width);
    this.paintCells();
    this.paintPositives();
    this.paintSameClass();
    this.paintGutter();
    this.paintChosen();
    if (this.hovered) this.frame(this.hovered, this.theme.text, 1);
  },

  paintCells() {
    const { context, count } = this;
    for (let row = 0; row < count; row++) {
      const [y, height] = this.span(row);
      for (let column = 0; column < count; column++) {
        const [x, width] = this.span(column);
        if (row === column) this.paintSelf(x, y, width);
        else {
          context.fillStyle = this.ramp[this.shade(this.values[row * count + column])];
          context.fillRect(x, y, width, height);
        }
      }
    }
  },

  // Struck out: a view with itself is masked, so it has no shade at all.
  paintSelf(x, y, size) {
    const { context } = this;
    context.fillStyle = this.theme.background;
    context.fillRect(x, y, size, size);
    context.strokeStyle = this.data.colours.ghost;
    context.lineWidth = Math.min(1.5, size / 6);
    context.beginPath();
    context.moveTo(x + 1, y + 1);
    context.lineTo(x + size - 1, y + size - 1);
    context.stroke();
  },

  paintPositives() {
    for (let row = 0; row < this.count; row++) {
      this.frame([row, row ^ 1], this.data.colours.positive, this.cell < 9 ? 1.5 : 2.5);
    }
  },

  // A dot with a rim, so that it shows on every shade and not by its colour alone.
  paintSameClass() {
    const { context, count, same } = this;
    if (!same) return;
    for (let i = 0; i < count * count; i++) {
      if (!same[i]) continue;
      const [y, height] = this.span(Math.floor(i / count));
      const [x, width] = this.span(i % count);
      context.beginPath();
      context.arc(x + width / 2, y + height / 2, Math.max(1.6, this.cell * 0.2), 0, 7);
      context.fillStyle = this.data.colours.negative;
      context.fill();
      context.strokeStyle = this.theme.background;
      context.lineWidth = this.cell < 9 ? 0.75 : 1.5;
      context.stroke();
    }
  },

  // Pictures where there is room for them, else only the names of the chosen two.
  paintGutter() {
    const { context, cell, gutter, sheet } = this;
    if (cell >= PICTURE_CELL && sheet?.ready) {
      for (let view = 0; view < this.count; view++) {
        const side = Math.min(gutter - 3, this.span(view)[1] - 2);
        const scale = side / Math.max(...sheet.tile);
        const [width, height] = sheet.tile.map((length) => length * scale);
        const [x, y] = [width, height].map((length) => this.middle(view) - length / 2);
        drawTile(context, sheet, view, 0, Math.round(y), width, height);
        drawTile(context, sheet, view, Math.round(x), 0, width, height);
      }
      return;
    }
    context.fillStyle = this.theme.text;
    context.font = `11px ${this.theme.font}`;
    context.textBaseline = "middle";
    context.textAlign = "right";
    context.fillText(this.data.names[this.row], gutter - 4, this.middle(this.row));
    context.textAlign = "center";
    context.fillText(this.data.names[this.column], this.middle(this.column), gutter / 2);
  },

  paintChosen() {
    const { context, gutter, width } = this;
    const [y, height] = this.span(this.row);
    const [x, across] = this.span(this.column);
    context.lineWidth = 2;
    context.strokeStyle = this.data.colours.anchor;
    context.strokeRect(gutter - 1, y - 1, width - gutter, height + 2);
    context.lineWidth = 1;
    context.strokeStyle = this.theme.text;
    context.globalAlpha = 0.6;
    context.strokeRect(x - 0.5, gutter - 0.5, across + 1, width - gutter);
    context.globalAlpha = 1;
    this.frame([this.row, this.column], this.theme.background, 5);
    this.frame([this.row, this.column], this.theme.text, 2.5);
  },

  frame([row, column], colour, width) {
    const [y, height] = this.span(row);
    const [x, across] = this.span(column);
    const inset = width / 2;
    this.context.strokeStyle = colour;
    this.context.lineWidth = width;
    this.context.strokeRect(x + inset - 1, y + inset - 1, across - width + 2, height - width + 2);
  },

  // Cosines in equal steps; a softmax weight by its root, or an even row would be blank.
  shade(value) {
    const part = this.data.show === "cosine" ? (value + 1) / 2 : Math.sqrt(value);
    return Math.round(Math.min(Math.max(part, 0), 1) * (SHADES - 1));
  },

  span(index) {
    const start = Math.round(this.gutter + index * this.cell);
    return [start, Math.round(this.gutter + (index + 1) * this.cell) - start];
  },

  middle(index) {
    return this.gutter + (index + 0.5) * this.cell;
  },
});
