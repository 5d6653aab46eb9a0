// Gradient descent on the loss itself, then back onto the circle or sphere.

const FRAME_MS = 15;
const CALM = { wait: 400, steps: 8 }; // for those who asked for less motion

// Small enough for the sharpest curve: the loss bends with 1/tau per step of this size.
const stepSize = ({ images, tau }) => 0.05 * 2 * images * tau;

function descended(z, tau, rate, held) {
  const { force } = ntXent(z, tau);
  return z.map((v, i) => (i === held ? v : unit(plus(v, force[i], rate))));
}

function descentText(lab) {
  const rate = stepSize(lab.state).toPrecision(2);
  const end = lab.arrived ? ": no arrow is left" : "";
  const steps = lab.steps === 1 ? "1 step" : `${lab.steps} steps`;
  return `${steps}${end} \u00b7 z \u2190 z \u2212 ${rate} \u2202L/\u2202z, back to length 1`;
}

Object.assign(Lab.prototype, {
  descendOnce() {
    const { z, tau } = this.state;
    this.state.z = descended(z, tau, stepSize(this.state), this.held);
    const { force } = ntXent(this.state.z, tau);
    this.arrived = force.every((f, i) => i === this.held || size(f) < 5e-5);
    this.state.arrangement = "own";
    this.steps += 1;
    this.changed();
  },

  stepOnce() {
    this.pause();
    this.gliding = null;
    this.descendOnce();
  },

  togglePlay() {
    if (this.playing) {
      this.pause();
      return;
    }
    this.playing = true;
    this.stepped = -Infinity;
    this.request();
  },

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.changed();
  },

  descend(now) {
    const { wait, steps } = lessMotion.matches ? CALM : { wait: FRAME_MS, steps: 1 };
    if (this.gliding || now - this.stepped < wait) return;
    this.stepped = now;
    for (let i = 0; i < steps && this.playing; i++) {
      this.descendOnce();
      if (this.arrived && this.held === null) this.pause();
    }
  },
});
