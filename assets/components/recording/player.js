// Plays a recorded run: its map draws the frames as it draws those of a live run.

import { element, setAttributes, setText, svgElement } from "../shared/dom.js";
import { prefersReducedMotion } from "../shared/theme.js";
import { LiveMap } from "../map/live_map.js";
import { Curve } from "./curves.js";
import { ProbeBars } from "./probe_bars.js";

const FRAME_MS = 170;
const ICONS = {
  Play: "M4 2 L14 8 L4 14 Z",
  Pause: "M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z",
  "Play again": "M8 2.5 A5.5 5.5 0 1 0 13.5 8 H11.7 A3.7 3.7 0 1 1 8 4.3 V7 L12.5 3.5 L8 0 Z",
};

export class Player {
  constructor(root) {
    this.parts = buildPlayer(root);
    this.curves = [];
    const { player, toggle, scrub } = this.parts;
    toggle.onclick = () => (this.playing ? this.pause() : this.play());
    scrub.oninput = () => {
      this.pause();
      this.show(Number(scrub.value));
    };
    this.visible = true;
    this.intersecting = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
    });
    this.intersecting.observe(player);
  }

  unmount() {
    this.clear();
    this.intersecting.disconnect();
    this.map?.unmount();
    this.parts.player.remove();
  }

  update(data) {
    const { player } = this.parts;
    const another = this.data?.url !== data.url;
    this.data = data;
    setAttributes(player, { "aria-label": data.label });
    Object.entries(data.colours).forEach(([name, value]) => {
      player.style.setProperty(`--${name}`, value);
    });
    if (!another) {
      if (this.recording) this.show(this.frame); // the theme may be another
      return;
    }
    this.clear();
    this.load();
  }

  /** Fetch all frames at once: the browser keeps them, and playing asks for nothing. */
  async load() {
    this.loading?.abort();
    const { signal } = (this.loading = new AbortController());
    setText(this.parts.caption, "The recording is on its way.");
    const recording = await fetchRecording(this.data.url, signal);
    if (signal.aborted) return;
    if (!recording) {
      setText(this.parts.caption, "The recording did not arrive. Press Play to try again.");
      return;
    }
    this.open(recording);
  }

  open(recording) {
    this.recording = recording;
    const { scrub, left, right } = this.parts;
    this.map ??= new LiveMap(left, this.data);
    scrub.max = String(this.lastFrame);
    scrub.disabled = false;
    this.loss = new Curve(right, recording.loss);
    this.knn = recording.knn && new Curve(right, recording.knn);
    this.curves = [this.loss, this.knn].filter(Boolean);
    this.probes = new ProbeBars(right, recording.factors);
    this.show(0);
    if (!prefersReducedMotion()) this.play();
  }

  /** Forget the recording, and the one that is on its way. */
  clear() {
    this.loading?.abort();
    this.pause();
    this.curves.forEach((curve) => curve.unmount());
    this.curves = [];
    this.recording = null;
    this.parts.right.replaceChildren();
    this.parts.scrub.disabled = true;
  }

  get lastFrame() {
    return this.recording.frames.length - 1;
  }

  play() {
    if (!this.recording) {
      this.load();
      return;
    }
    if (this.frame === this.lastFrame) this.show(0);
    clearInterval(this.timer);
    this.playing = true;
    this.labelToggle();
    this.timer = setInterval(() => this.playNext(), FRAME_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.playing = false;
    this.labelToggle();
  }

  // Playback pauses while off-screen or in a background tab.
  playNext() {
    if (!this.visible || document.hidden) return;
    this.show(this.frame + 1);
    if (this.frame === this.lastFrame) this.pause();
  }

  labelToggle() {
    const ended = this.recording && this.frame === this.lastFrame;
    const word = this.playing ? "Pause" : ended ? "Play again" : "Play";
    setText(this.parts.word, word);
    setAttributes(this.parts.icon, { d: ICONS[word] });
  }

  /** Show a frame by its number. */
  show(number) {
    this.frame = number;
    const { caption, alarm, scrub } = this.parts;
    const { key, set_id, height } = this.data;
    const frame = this.recording.frames[number];
    const { scores, text } = this.recording.scores[frame.score_index];
    this.map.show({ ...frame, key, set_id, height });
    scrub.value = String(number);
    setAttributes(scrub, { "aria-valuetext": frame.caption });
    setText(caption, frame.caption);
    setText(alarm, frame.alarm);
    alarm.hidden = !frame.alarm;
    this.loss.showStep(frame.step, frame.text);
    this.knn?.showStep(frame.step, text);
    this.probes.show(scores);
    if (!this.playing) this.labelToggle();
  }
}

function buildPlayer(root) {
  const parts = {
    player: element("section", "component player"),
    controls: element("div", "controls"),
    toggle: element("button", "toggle", "", { type: "button" }),
    word: element("span"),
    scrub: element("input", "scrub", "", {
      type: "range",
      min: 0,
      max: 0,
      value: 0,
      disabled: "",
      "aria-label": "Step of the recording",
    }),
    caption: element("p", "caption"),
    alarm: element("p", "alarm", "", { hidden: "" }),
    sides: element("div", "sides"),
    left: element("div", "side"),
    right: element("div", "side"),
  };
  const picture = { viewBox: "0 0 16 16", "aria-hidden": true };
  parts.icon = svgElement("path", "", {}, svgElement("svg", "", picture, parts.toggle));
  parts.toggle.append(parts.word);
  parts.controls.append(parts.toggle, parts.scrub);
  parts.sides.append(parts.left, parts.right);
  const { player, controls, caption, alarm, sides } = parts;
  player.append(controls, caption, alarm, sides);
  root.append(player);
  return parts;
}

// null if the recording does not arrive.
async function fetchRecording(url, signal) {
  try {
    const reply = await fetch(url, { signal });
    return reply.ok ? await reply.json() : null;
  } catch {
    return null;
  }
}
