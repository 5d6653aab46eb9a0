// Which part of the plane the map shows: all points until the learner zooms or moves it.

const MARGIN = 0.06; // of the larger side, around all points
const SHRINK_BELOW = 0.6; // of the box, before it is fitted anew
const MAX_ZOOM = 80; // times the fitted view
const MIN_ZOOM = 1.5; // views that are larger than the fitted one

/** Fast at first, slow at the end; 0 to 1. */
export const easeOut = (t) => 1 - (1 - t) ** 3;

/**
 * A square view `{ x, y, half }`: its centre and half its shorter side, in the positions'
 * own unit. `onChange` is called when the map has to be drawn again.
 */
export class Camera {
  constructor() {
    this.view = { x: 0, y: 0, half: 1 };
    this.box = null; // around all points, with a margin
    this.ownedByLearner = false;
    this.width = this.height = 0; // CSS pixels
    this.glide = null; // { from, to, started }
    this.onChange = () => {};
  }

  /** Forget the points and what the learner has chosen: other points follow. */
  reset() {
    this.box = null;
    this.ownedByLearner = false;
  }

  /** Show the canvas at another size. */
  resize(width, height) {
    this.width = width;
    this.height = height;
    if (!this.ownedByLearner) this.jumpTo(this.fitted());
  }

  /**
   * Follow positions `[x0, y0, x1, …]`, gliding or at once.
   *
   * The box grows at once but shrinks only when it is half empty: a scale that changes with
   * every frame would look like learning.
   */
  follow(positions, gliding, now) {
    this.fitBox(positions);
    if (this.ownedByLearner) return;
    if (gliding) this.glideTo(this.fitted(), now);
    else this.jumpTo(this.fitted());
  }

  fitBox(positions) {
    if (!positions.length) return;
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    positions.forEach((value, i) => {
      low[i % 2] = Math.min(low[i % 2], value);
      high[i % 2] = Math.max(high[i % 2], value);
    });
    const { box } = this;
    const holds = box && [0, 1].every((d) => low[d] >= box.low[d] && high[d] <= box.high[d]);
    const side = (b) => Math.max(b.high[0] - b.low[0], b.high[1] - b.low[1]);
    if (holds && side({ low, high }) > SHRINK_BELOW * side(box)) return;
    const margin = MARGIN * side({ low, high }) || 0.5;
    this.box = { low: low.map((v) => v - margin), high: high.map((v) => v + margin) };
  }

  /** The view that shows the whole box. */
  fitted() {
    if (!this.box || !this.width) return { x: 0, y: 0, half: 1 };
    const { low, high } = this.box;
    return {
      x: (low[0] + high[0]) / 2,
      y: (low[1] + high[1]) / 2,
      half: Math.max(
        ((high[0] - low[0]) / 2) * (this.shorterSide / this.width),
        ((high[1] - low[1]) / 2) * (this.shorterSide / this.height),
      ),
    };
  }

  get shorterSide() {
    return Math.min(this.width, this.height);
  }

  /** CSS pixels per unit of the positions. */
  get scale() {
    return this.shorterSide / 2 / this.view.half;
  }

  /** How many times larger than in the fitted view everything is. */
  get magnification() {
    return this.fitted().half / this.view.half;
  }

  jumpTo(view) {
    this.view = view;
    this.glide = null;
    this.onChange();
  }

  glideTo(view, now = performance.now()) {
    this.glide = { from: this.view, to: view, started: now };
    this.onChange();
  }

  /** Show all points again. */
  fit() {
    this.ownedByLearner = false;
    this.glideTo(this.fitted());
  }

  /** Zoom by a factor around a place on the canvas, or glide around its centre. */
  zoom(factor, x, y) {
    const base = x === undefined ? (this.glide?.to ?? this.view) : this.view;
    const fitted = this.fitted().half;
    const half = Math.min(Math.max(base.half / factor, fitted / MAX_ZOOM), fitted * MIN_ZOOM);
    this.ownedByLearner = true;
    if (x === undefined) {
      this.glideTo({ ...base, half });
      return;
    }
    // The position under (x, y) stays there.
    const shift = (base.half - half) / (this.shorterSide / 2);
    this.jumpTo({
      x: base.x + (x - this.width / 2) * shift,
      y: base.y - (y - this.height / 2) * shift,
      half,
    });
  }

  /** Move the points by CSS pixels. */
  pan(right, down) {
    const { x, y, half } = this.view;
    const unit = half / (this.shorterSide / 2);
    this.ownedByLearner = true;
    this.jumpTo({ x: x - right * unit, y: y + down * unit, half });
  }

  /** Go on with a glide of `duration` milliseconds; true while it lasts. */
  advance(now, duration) {
    if (!this.glide) return false;
    const { from, to, started } = this.glide;
    const t = duration ? Math.min(Math.max((now - started) / duration, 0), 1) : 1;
    const share = easeOut(t);
    const between = (name) => from[name] + (to[name] - from[name]) * share;
    this.view = { x: between("x"), y: between("y"), half: between("half") };
    if (t < 1) return true;
    this.view = to;
    this.glide = null;
    return false;
  }

  /** Write the CSS pixels of positions into `pixels`, of the same length. */
  project(positions, pixels) {
    const { scale, view } = this;
    for (let i = 0; i < positions.length; i += 2) {
      pixels[i] = this.width / 2 + (positions[i] - view.x) * scale;
      pixels[i + 1] = this.height / 2 - (positions[i + 1] - view.y) * scale;
    }
  }
}
