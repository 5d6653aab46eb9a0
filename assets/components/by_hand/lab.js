// What the lab is: points, a temperature, an anchor. The browser owns them between two
// visits of the server, which checks what it is sent and never moves a point by itself.

const GLIDE_MS = 200;
const SETTLE_MS = 250;
const lessMotion = matchMedia("(prefers-reduced-motion: reduce)");
let stamps = 0;

class Lab {
  constructor(root, data) {
    this.host = root.host ?? root;
    this.parts = buildPanel(root, this, data.limits);
    this.view = START_VIEW;
    this.steps = 0;
    this.held = null;
    this.playing = false;
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.parts.svg.parentElement);
    bindGestures(this);
  }

  remove() {
    this.resizing.disconnect();
    cancelAnimationFrame(this.waiting);
    clearTimeout(this.settling);
    this.playing = false;
    this.parts.lab.remove();
  }

  update(data) {
    this.data = data;
    Object.entries(data.colours).forEach(([role, colour]) => {
      this.parts.lab.style.setProperty(`--${role}`, colour);
    });
    if (data.revision !== this.revision) this.adopt(data.state);
    this.revision = data.revision;
    this.showVerdict();
    this.request();
  }

  // Another state, from a link or a button of the page: points glide where they can.
  adopt({ images, tau, space, anchor, arrangement, points }) {
    if (this.state) this.show();
    const same = this.state?.space === space && this.state.images === images;
    const z = same ? this.state.z : points;
    this.pause();
    this.state = { images, tau, space, anchor, arrangement, z };
    this.steps = 0;
    this.rebuild();
    if (same) this.glideTo(points);
    this.changed();
  }

  // A link further down the page changed something up here.
  show() {
    const behavior = lessMotion.matches ? "auto" : "smooth";
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
    set(this.parts.svg, { width, height, viewBox: `0 0 ${width} ${height}` });
    this.request();
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
    const { arrangement, space, z, anchor } = this.state;
    const known = this.data.arrangements[space][images];
    const kept = z.slice(0, 2 * images);
    const more = known.start.slice(kept.length);
    this.replace({
      images,
      z: known[arrangement] ?? [...kept, ...more],
      anchor: anchor < 2 * images ? anchor : 0,
    });
  }

  setSpace(space) {
    const { arrangement, images, z } = this.state;
    const known = this.data.arrangements[space][images][arrangement];
    this.replace({ space, z: known ?? z.map((v) => movedTo(space, v)) });
  }

  replace(news) {
    this.held = this.gliding = null;
    Object.assign(this.state, news);
    this.rebuild();
    this.changed();
  }

  arrange(arrangement) {
    const { space, images } = this.state;
    this.pause();
    this.steps = 0;
    this.glideTo(this.data.arrangements[space][images][arrangement]);
    this.state.arrangement = arrangement;
    this.changed();
  }

  place(i, v) {
    this.gliding = null;
    this.state.z = this.state.z.map((old, k) => (k === i ? unit(v) : old));
    this.state.arrangement = "own";
    this.changed();
  }

  glideTo(points) {
    this.gliding = { from: this.state.z, to: points, started: performance.now() };
  }

  glide(now) {
    const { from, to, started } = this.gliding;
    const share = lessMotion.matches ? 1 : Math.min((now - started) / GLIDE_MS, 1);
    const eased = share < 0 ? 0 : share * share * (3 - 2 * share);
    this.state.z = from.map((a, i) => between(a, to[i], eased));
    if (share < 1) return;
    this.gliding = null;
    this.changed();
  }

  // Something is different: draw it, and tell the server once it has come to rest.
  changed() {
    this.stamp = `${Math.round(performance.timeOrigin)}-${++stamps}`;
    this.request();
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLE_MS);
  }

  settle() {
    if (this.held !== null || this.playing || this.gliding) return;
    const { images, tau, space, anchor, arrangement, z } = this.state;
    const { loss, force } = ntXent(z, tau);
    const gradient = force.map((f) => times(f, -1));
    const { stamp } = this;
    const rest = { images, tau, space, anchor, arrangement, points: z };
    this.tell({ stamp, loss, gradient, ...rest });
    this.describe();
  }

  request() {
    this.waiting ??= requestAnimationFrame((now) => {
      this.waiting = null;
      this.paint(now);
    });
  }

  paint(now) {
    if (!this.frame) return;
    if (this.gliding) this.glide(now);
    if (this.playing) this.descend(now);
    this.now = ntXent(this.state.z, this.state.tau);
    paintScene(this, this.now);
    this.write();
    if (this.gliding || this.playing) this.request();
  }

  write() {
    const { parts, state, now } = this;
    setText(parts.tauText, two(state.tau));
    setText(parts.loss, four(now.loss));
    set(parts.loss, { value: now.loss });
    setText(parts.beside, besideLoss(now.loss, state.z.length));
    setText(parts.arrows, arrowsText(now, state.anchor));
    setText(parts.measures, measuresText(measures(now.cosine)));
    setText(parts.descent, descentText(this));
    setText(parts.play, this.playing ? "Pause" : "Play");
    writeTable(this, now);
    this.showVerdict();
  }

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

  describe() {
    const text = figureText(this, this.now);
    set(this.parts.svg, { "aria-label": text });
    const { anchor } = this.state;
    setText(
      this.parts.said,
      `NT-Xent ${four(this.now.loss)}. ${arrowsText(this.now, anchor)}`,
    );
  }
}
