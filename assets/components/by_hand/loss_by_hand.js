// The points, the temperature and the anchor, and what moves them.
//
// The browser owns them between two script runs; Python checks what it is sent and never
// moves a point by itself.

import { setAttributes, setText } from "../shared/dom.js";
import { prefersReducedMotion } from "../shared/theme.js";
import { descend, descentText, isAtRest, learningRate } from "./descent.js";
import { interpolate, moveTo, START_VIEW } from "./geometry.js";
import { bindGestures } from "./gestures.js";
import { alignmentAndUniformity, ntXent } from "./loss.js";
import { buildPanel, check } from "./panel.js";
import { buildScene, paintScene } from "./scene.js";
import { buildTable, writeTable } from "./table.js";
import { normalize, scale } from "./vectors.js";
import { arrowsText, figureText, fourDigits, measuresText, referenceText, twoDigits } from "./text.js";

const GLIDE_MS = 200;
const SETTLE_MS = 250;
const STEP_MS = 15;
const REDUCED_MOTION = { wait: 400, steps: 8 }; // of a descent that plays
let stamps = 0;

const smoothStep = (t) => (t < 0 ? 0 : t * t * (3 - 2 * t));

export class LossByHand {
  constructor(root, data) {
    this.parts = buildPanel(root, this, data.limits);
    this.view = START_VIEW; // the viewer's axes
    this.steps = 0; // of gradient descent
    this.held = null; // the point that the learner drags
    this.gliding = null; // { from, to, started }
    this.playing = false;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.parts.svg.parentElement);
    this.unbindGestures = bindGestures(this);
  }

  unmount() {
    this.unbindGestures();
    this.resizing.disconnect();
    cancelAnimationFrame(this.nextPaint);
    clearTimeout(this.settling);
    this.playing = false;
    this.parts.lab.remove();
  }

  update(data, { setStateValue }) {
    this.send = (moved) => setStateValue("moved", moved);
    this.data = data;
    Object.entries(data.colours).forEach(([role, colour]) => {
      this.parts.lab.style.setProperty(`--${role}`, colour);
    });
    if (data.revision !== this.revision) this.adopt(data.state);
    this.revision = data.revision;
    this.showVerdict();
    this.requestPaint();
  }

  /** Take another state, from a link or a button of the page; points glide where they can. */
  adopt({ images, tau, space, anchor, preset, points }) {
    if (this.state) this.scrollIntoView();
    const same = this.state?.space === space && this.state.images === images;
    const z = same ? this.state.z : points;
    this.pause();
    this.state = { images, tau, space, anchor, preset, z };
    this.steps = 0;
    this.rebuild();
    if (same) this.glideTo(points);
    this.changed();
  }

  // A link further down the page has changed the picture up here.
  scrollIntoView() {
    const behavior = prefersReducedMotion() ? "auto" : "smooth";
    this.parts.svg.parentElement.scrollIntoView({ block: "nearest", behavior });
  }

  rebuild() {
    const { images, space, tau } = this.state;
    check(this.parts.images, images);
    check(this.parts.space, space);
    this.parts.tau.value = tau;
    buildScene(this);
    buildTable(this);
    this.resize();
  }

  resize() {
    const width = Math.floor(this.parts.svg.parentElement.clientWidth);
    if (!width || !this.state) return;
    const height = Math.min(width, 460);
    const radius = Math.min(width, height) / 2 - 66;
    this.frame = { width, height, radius, x: width / 2, y: height / 2 };
    setAttributes(this.parts.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.requestPaint();
  }

  setTau(tau) {
    this.state.tau = tau;
    this.changed();
  }

  setAnchor(anchor) {
    this.state.anchor = anchor;
    buildTable(this);
    this.changed();
  }

  setImages(images) {
    const { preset, space, z, anchor } = this.state;
    const known = this.data.arrangements[space][images];
    const kept = z.slice(0, 2 * images);
    const more = known.start.slice(kept.length);
    this.replace({
      images,
      z: known[preset] ?? [...kept, ...more],
      anchor: anchor < 2 * images ? anchor : 0,
    });
  }

  setSpace(space) {
    const { preset, images, z } = this.state;
    const known = this.data.arrangements[space][images][preset];
    this.replace({ space, z: known ?? z.map((v) => moveTo(space, v)) });
  }

  replace(changes) {
    this.held = this.gliding = null;
    Object.assign(this.state, changes);
    this.rebuild();
    this.changed();
  }

  arrange(preset) {
    const { space, images } = this.state;
    this.pause();
    this.steps = 0;
    this.glideTo(this.data.arrangements[space][images][preset]);
    this.state.preset = preset;
    this.changed();
  }

  /** Put a point in the direction v. */
  place(i, v) {
    this.gliding = null;
    this.state.z = this.state.z.map((old, k) => (k === i ? normalize(v) : old));
    this.state.preset = "own";
    this.changed();
  }

  glideTo(points) {
    this.gliding = { from: this.state.z, to: points, started: performance.now() };
  }

  glide(now) {
    const { from, to, started } = this.gliding;
    const time = prefersReducedMotion() ? 1 : Math.min((now - started) / GLIDE_MS, 1);
    this.state.z = from.map((a, i) => interpolate(a, to[i], smoothStep(time)));
    if (time < 1) return;
    this.gliding = null;
    this.changed();
  }

  stepOnce() {
    this.pause();
    this.gliding = null;
    this.descendOnce();
  }

  togglePlay() {
    if (this.playing) {
      this.pause();
      return;
    }
    this.playing = true;
    this.steppedAt = -Infinity;
    this.requestPaint();
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.changed();
  }

  descendOnce() {
    const { z, tau } = this.state;
    this.state.z = descend(z, tau, learningRate(this.state), this.held);
    this.atRest = isAtRest(this.state.z, tau, this.held);
    this.state.preset = "own";
    this.steps += 1;
    this.changed();
  }

  playDescent(now) {
    const { wait, steps } = prefersReducedMotion() ? REDUCED_MOTION : { wait: STEP_MS, steps: 1 };
    if (this.gliding || now - this.steppedAt < wait) return;
    this.steppedAt = now;
    for (let i = 0; i < steps && this.playing; i++) {
      this.descendOnce();
      if (this.atRest && this.held === null) this.pause();
    }
  }

  /** Something has changed: draw it, and send it to Python once it has come to rest. */
  changed() {
    this.stamp = `${Math.round(performance.timeOrigin)}-${++stamps}`;
    this.requestPaint();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLE_MS);
  }

  settle() {
    if (this.held !== null || this.playing || this.gliding) return;
    const { images, tau, space, anchor, preset, z } = this.state;
    // Computed here: in a background tab nothing has been painted yet.
    const result = ntXent(z, tau);
    const { loss, force } = result;
    const gradient = force.map((f) => scale(f, -1));
    const { stamp } = this;
    const state = { images, tau, space, anchor, preset, points: z };
    this.send({ stamp, loss, gradient, ...state });
    this.describe(result);
  }

  requestPaint() {
    this.nextPaint ??= requestAnimationFrame((now) => {
      this.nextPaint = null;
      this.paint(now);
    });
  }

  paint(now) {
    if (!this.frame) return;
    if (this.gliding) this.glide(now);
    if (this.playing) this.playDescent(now);
    const result = ntXent(this.state.z, this.state.tau);
    paintScene(this, result);
    this.write(result);
    if (this.gliding || this.playing) this.requestPaint();
  }

  write(result) {
    const { parts, state } = this;
    setText(parts.tauText, twoDigits(state.tau));
    setText(parts.loss, fourDigits(result.loss));
    setAttributes(parts.loss, { value: result.loss });
    setText(parts.reference, referenceText(result.loss, state.z.length));
    setText(parts.arrows, arrowsText(result, state.anchor));
    setText(parts.measures, measuresText(alignmentAndUniformity(result.cosine)));
    setText(parts.descent, descentText(state, this.steps, this.atRest));
    setText(parts.play, this.playing ? "Pause" : "Play");
    writeTable(this, result);
    this.showVerdict();
  }

  /** Show what autograd says of these very points, or when it is asked. */
  showVerdict() {
    const { verdict } = this.data;
    const fresh = verdict?.stamp === this.stamp;
    const waiting = this.playing
      ? "autograd is asked when you pause"
      : "autograd is asked when the points rest";
    this.parts.verdict.classList.toggle("wrong", fresh && !verdict.agrees);
    this.parts.verdict.classList.toggle("quiet", !fresh);
    setText(this.parts.verdict, fresh ? verdict.text : waiting);
  }

  /** Put the picture into words for screen readers. */
  describe(result) {
    const { state, parts } = this;
    setAttributes(parts.svg, { "aria-label": figureText(state, result) });
    const text = `NT-Xent ${fourDigits(result.loss)}. ${arrowsText(result, state.anchor)}`;
    setText(parts.announcement, text);
  }
}
