// One map: positions that glide, a camera that the learner moves, and a selected point.

import { decodeFrame } from "../shared/codec.js";
import { setAttributes, setText } from "../shared/dom.js";
import { prefersReducedMotion, readTheme, sameTheme } from "../shared/theme.js";
import { Camera, easeOut } from "./camera.js";
import { followFrames } from "./frame_stream.js";
import { bindGestures } from "./gestures.js";
import { imageSets } from "./image_sets.js";
import { swatchesOf } from "./markers.js";
import { paint } from "./paint.js";
import { buildPanel, showChoices, showInspector, showLegend, showTip } from "./panel.js";
import { agreementText, valueText } from "./text.js";

const GLIDE_MS = 200;
const savedStates = new Map(); // key -> what outlives a change of page

export class LiveMap {
  constructor(root, data) {
    this.parts = buildPanel(root);
    this.host = root.host ?? root;
    this.context = this.parts.canvas.getContext("2d");
    if (!savedStates.has(data.key)) savedStates.set(data.key, { camera: new Camera() });
    // { camera, setId, positions (as drawn), colourBy (the learner's choice) }
    this.state = savedStates.get(data.key);
    this.onCameraChange = () => this.requestPaint();
    this.camera.onChange = this.onCameraChange;
    this.data = {};
    this.target = new Float32Array(0); // where the points glide to
    this.neighbours = new Uint16Array(0);
    this.hovered = this.selected = this.highlightedBin = null;
    this.visible = true;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.parts.stage);
    this.intersecting = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
      if (this.visible) this.requestPaint();
    });
    this.intersecting.observe(this.parts.stage);
    this.unregister = imageSets.register(this);
    this.unbindGestures = bindGestures(this);
  }

  unmount() {
    this.unfollow();
    this.unregister();
    this.unbindGestures();
    this.resizing.disconnect();
    this.intersecting.disconnect();
    // The next map of this key may have the camera already.
    if (this.camera.onChange === this.onCameraChange) this.camera.onChange = () => {};
    cancelAnimationFrame(this.nextPaint);
    this.player?.pause();
    this.parts.map.remove();
  }

  get camera() {
    return this.state.camera;
  }

  get count() {
    return this.target.length / 2;
  }

  get sheetId() {
    return this.data.set_id;
  }

  onSheet() {
    this.useImageSet();
  }

  /** Streamlit's call: show what Python sends, and follow its frames. */
  update(data, { setTriggerValue }) {
    this.sendState = (state) => setTriggerValue("state", state);
    this.pageState = data.state;
    // A script run takes longer than a frame: the fetched frame is newer.
    const url = data.frames_url;
    const fetched = url && url === this.framesUrl ? this.fetchedFrame : null;
    this.show({ ...data, ...fetched });
    this.follow(url);
  }

  /** Draw a frame: what Python's `encode_frame` returns, with a title and an alt text. */
  show(data) {
    const before = this.data;
    this.data = data;
    setText(this.parts.title, data.title);
    setAttributes(this.parts.canvas, { "aria-label": data.alt });
    this.parts.stage.style.height = `${data.height}px`;
    const theme = readTheme(this.host);
    const restyled = !sameTheme(theme, this.theme);
    this.theme = theme;
    const moved = before.frame_id !== data.frame_id || before.set_id !== data.set_id;
    if (moved) this.glideTo(data);
    // The page has selected this point, not the learner: no sound is played.
    if (moved && data.chosen !== undefined) this.selected = data.chosen;
    if (this.imageSet !== imageSets.get(data.set_id)) this.useImageSet();
    else if (restyled) this.restyle();
    else this.showSelected();
    this.requestPaint();
  }

  glideTo(data) {
    const { positions, neighbours } = decodeFrame(data);
    const { state } = this;
    const same = state.setId === data.set_id && state.positions?.length === positions.length;
    this.neighbours = neighbours;
    if (!same) {
      this.select(null);
      this.hover(null);
      this.highlightedBin = null;
      state.setId = data.set_id;
      this.camera.reset();
    }
    this.target = positions;
    this.start = same ? state.positions : positions;
    this.started = performance.now();
    state.positions = this.start.slice();
    this.camera.follow(positions, same, this.started);
  }

  useImageSet() {
    this.imageSet = imageSets.get(this.data.set_id);
    const factors = this.imageSet?.factors ?? [];
    const named = (name) => factors.find((factor) => factor.name === name);
    this.factor = named(this.state.colourBy) ?? named(this.imageSet?.label) ?? factors[0];
    showChoices(this.parts.choices, factors, this.factor?.name, (name) => {
      this.state.colourBy = name;
      this.highlightedBin = null;
      this.factor = named(name);
      this.restyle();
    });
    this.restyle();
  }

  /** Draw in other colours: another factor, theme or highlighted class. */
  restyle() {
    const { factor, imageSet, theme } = this;
    this.swatches = swatchesOf(factor, imageSet, theme);
    this.markers = null;
    const highlight = (bin) => {
      this.highlightedBin = bin;
      this.restyle();
    };
    showLegend(this.parts.legend, {
      factor,
      swatches: this.swatches,
      theme,
      highlighted: this.highlightedBin,
      highlight,
    });
    if (this.hovered !== null) showTip(this.parts.tip, imageSet, this.hovered);
    this.showSelected();
    this.requestPaint();
  }

  resize() {
    const { clientWidth, clientHeight } = this.parts.stage;
    if (!clientWidth) return;
    this.density = window.devicePixelRatio || 1;
    this.parts.canvas.width = Math.round(clientWidth * this.density);
    this.parts.canvas.height = Math.round(clientHeight * this.density);
    this.markers = null;
    this.camera.resize(clientWidth, clientHeight);
    // At once: a resized canvas is empty, and an empty one would blink.
    this.paint(performance.now());
  }

  /** The nearest neighbours of a point in feature space, nearest first. */
  neighboursOf(index) {
    const { k } = this.data;
    return Array.from(this.neighbours.slice(index * k, (index + 1) * k));
  }

  select(index) {
    this.selected = index;
    this.play(index);
    // The tip would cover the lines, and what it says also stands below the map.
    if (index !== null && index === this.hovered) this.parts.tip.hidden = true;
    this.showSelected();
    this.announce(index === null ? "" : this.selectionText(index));
    this.requestPaint();
  }

  selectionText(index) {
    const { factor } = this;
    if (!factor) return "";
    const value = valueText(factor, factor.values[index]);
    const agreement = agreementText(factor, index, this.neighboursOf(index));
    return `${factor.label} ${value}. ${agreement}`;
  }

  /** Play the sound of a point, where the points have sounds. */
  play(index) {
    this.player?.pause();
    // The learner's own recording has its player on the page.
    if (index === null || !this.imageSet?.sounds || index === this.data.chosen) return;
    this.player ??= new Audio();
    this.player.src = `${this.imageSet.sounds}/${index}`;
    this.player.play().catch(() => {}); // the next point came first, or there is no sound
  }

  hover(index) {
    if (index === this.hovered) return;
    this.hovered = index;
    this.parts.tip.hidden = index === null || index === this.selected || !this.imageSet;
    if (index !== null) showTip(this.parts.tip, this.imageSet, index);
    this.requestPaint();
  }

  /** Have a screen reader read this out. */
  announce(text) {
    setText(this.parts.announcement, text);
  }

  showSelected() {
    showInspector(this.parts.inspector, {
      imageSet: this.imageSet,
      factor: this.factor,
      swatches: this.swatches,
      selected: this.selected,
      neighbours: this.selected === null ? [] : this.neighboursOf(this.selected),
      select: (index) => this.select(index),
      clear: () => {
        this.select(null);
        // The button is gone, and the focus must not go with it.
        this.parts.canvas.focus({ preventScroll: true });
      },
    });
  }

  async follow(url) {
    if (url === this.framesUrl && !this.following?.signal.aborted) return;
    this.unfollow();
    if (!url) return;
    this.framesUrl = url;
    const following = (this.following = new AbortController());
    try {
      await followFrames(url, {
        signal: following.signal,
        knownFrame: () => this.data.frame_id,
        onFrame: (frame) => this.apply(frame),
      });
    } finally {
      following.abort(); // so that a later update may follow the frames again
    }
  }

  unfollow() {
    this.following?.abort();
    this.framesUrl = this.fetchedFrame = null;
  }

  /** Draw a fetched frame; tell Python if the run's state has changed with it. */
  apply(frame) {
    this.fetchedFrame = frame;
    this.show({ ...this.data, ...frame });
    if (frame.state === this.pageState) return;
    this.pageState = frame.state;
    this.sendState(frame.state);
  }

  /** Have the map drawn: only while something moves, and never off-screen. */
  requestPaint() {
    if (!this.visible || this.nextPaint) return;
    this.nextPaint = requestAnimationFrame((now) => {
      this.nextPaint = 0;
      if (this.density !== (window.devicePixelRatio || 1)) this.resize();
      if (this.paint(now)) this.requestPaint();
    });
  }

  /** Draw the moment `now`; true while anything still glides. */
  paint(now) {
    if (!this.camera.width || !this.state.positions) return false;
    const moving = this.advance(now);
    paint(this);
    return moving;
  }

  advance(now) {
    const duration = prefersReducedMotion() ? 0 : GLIDE_MS;
    const t = duration ? Math.min(Math.max((now - this.started) / duration, 0), 1) : 1;
    const share = easeOut(t);
    const { start, target, state: { positions } } = this;
    for (let i = 0; i < positions.length; i++) {
      positions[i] = start[i] + (target[i] - start[i]) * share;
    }
    const cameraMoves = this.camera.advance(now, duration);
    return t < 1 || cameraMoves;
  }
}
