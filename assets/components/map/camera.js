// Where LiveMap looks: fitted to all points until the learner zooms or moves it.

Object.assign(LiveMap.prototype, {
  // The fitted box grows at once but shrinks only when half empty: a scale that breathes
  // with every frame would look like learning.
  growBox() {
    const low = [Infinity, Infinity];
    const high = [-Infinity, -Infinity];
    this.target.forEach((v, i) => {
      low[i % 2] = Math.min(low[i % 2], v);
      high[i % 2] = Math.max(high[i % 2], v);
    });
    const box = this.memory.box;
    const holds = box && [0, 1].every((d) => low[d] >= box.low[d] && high[d] <= box.high[d]);
    const size = (b) => Math.max(b.high[0] - b.low[0], b.high[1] - b.low[1]);
    if (!this.count || (holds && size({ low, high }) > 0.6 * size(box))) return;
    const margin = 0.06 * size({ low, high }) || 0.5;
    this.memory.box = { low: low.map((v) => v - margin), high: high.map((v) => v + margin) };
  },

  fitted() {
    if (!this.memory.box || !this.width) return { x: 0, y: 0, half: 1 };
    const { low, high } = this.memory.box;
    const short = Math.min(this.width, this.height);
    return {
      x: (low[0] + high[0]) / 2,
      y: (low[1] + high[1]) / 2,
      half: Math.max(
        ((high[0] - low[0]) / 2) * (short / this.width),
        ((high[1] - low[1]) / 2) * (short / this.height),
      ),
    };
  },

  aim(camera, glide = true) {
    this.cameraFrom = glide ? { ...this.memory.camera } : camera;
    this.cameraTo = camera;
    this.cameraStarted = performance.now();
    this.request();
  },

  fit() {
    this.memory.own = false;
    this.aim(this.fitted());
  },

  zoom(factor, x = this.width / 2, y = this.height / 2, glide = false) {
    const camera = glide && this.cameraTo ? this.cameraTo : this.memory.camera;
    const fitted = this.fitted().half;
    const half = Math.min(Math.max(camera.half / factor, fitted / 80), fitted * 1.5);
    const shift = (camera.half - half) / (Math.min(this.width, this.height) / 2);
    this.own({
      x: camera.x + (x - this.width / 2) * shift,
      y: camera.y - (y - this.height / 2) * shift,
      half,
    }, glide);
  },

  pan(dx, dy) {
    const { x, y, half } = this.memory.camera;
    const unit = half / (Math.min(this.width, this.height) / 2);
    this.own({ x: x - dx * unit, y: y + dy * unit, half }, false);
  },

  own(camera, glide) {
    this.memory.own = true;
    if (!glide) this.memory.camera = camera;
    this.aim(camera, glide);
  },
});
