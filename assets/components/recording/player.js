// A recorded run that plays: the map draws its frames as it draws those of a live run.

const FRAME_MS = 170;

class Player {
  constructor(root) {
    this.parts = buildPlayer(root);
    const { player, toggle, scrub } = this.parts;
    toggle.onclick = () => (this.playing ? this.pause() : this.play());
    scrub.oninput = () => {
      this.pause();
      this.show(Number(scrub.value));
    };
    this.visible = true;
    this.watching = new IntersectionObserver((entries) => {
      this.visible = entries.at(-1).isIntersecting;
    });
    this.watching.observe(player);
  }

  remove() {
    this.clear();
    this.watching.disconnect();
    shared.remove(this.parts.left, this.drawing);
    this.parts.player.remove();
  }

  update(data) {
    const { player, caption } = this.parts;
    const another = this.data?.address !== data.address;
    this.data = data;
    player.setAttribute("aria-label", data.label);
    Object.entries(data.colours).forEach(([name, value]) => {
      player.style.setProperty(`--${name}`, value);
    });
    if (!another) return;
    this.clear();
    setText(caption, "The recording is on its way.");
    this.open();
  }

  // All frames come at once and stay in the browser's cache: playing asks for nothing.
  async open() {
    const { address } = this.data;
    const film = await fetchFilm(address);
    if (address !== this.data.address || !this.parts.player.isConnected) return;
    if (!film) {
      setText(this.parts.caption, "The recording did not arrive. Press Play to try again.");
      return;
    }
    this.film = film;
    const { scrub, right } = this.parts;
    scrub.max = String(film.frames.length - 1);
    scrub.disabled = false;
    this.loss = new Curve(right, film.loss);
    this.knn = film.knn && new Curve(right, film.knn);
    this.kept = new Kept(right, film.factors);
    this.show(0);
    if (!lessMotion.matches) this.play();
  }

  clear() {
    this.pause();
    this.loss?.remove();
    this.knn?.remove();
    this.film = this.loss = this.knn = this.kept = null;
    this.parts.right.replaceChildren();
    this.parts.scrub.disabled = true;
  }

  get last() {
    return this.film.frames.length - 1;
  }

  play() {
    if (!this.film) return this.open();
    if (this.at === this.last) this.show(0);
    this.playing = true;
    this.name();
    this.timer = setInterval(() => this.next(), FRAME_MS);
  }

  pause() {
    clearInterval(this.timer);
    this.playing = false;
    this.name();
  }

  // Nobody misses a frame because it played below the fold or in another tab.
  next() {
    if (!this.visible || document.hidden) return;
    this.show(this.at + 1);
    if (this.at === this.last) this.pause();
  }

  name() {
    const ended = this.film && this.at === this.last;
    const word = this.playing ? "Pause" : ended ? "Play again" : "Play";
    setText(this.parts.word, word);
    this.parts.icon.setAttribute("d", ICONS[word]);
  }

  show(at) {
    this.at = at;
    const { caption, alarm, scrub, left } = this.parts;
    const { key, set_id, height } = this.data;
    const frame = this.film.frames[at];
    const { scores, says } = this.film.scored[frame.scored];
    this.drawing = shared.draw({
      parentElement: left,
      data: { ...frame, key, set_id, height, feed: null },
      setTriggerValue() {},
    });
    scrub.value = String(at);
    scrub.setAttribute("aria-valuetext", frame.caption);
    setText(caption, frame.caption);
    setText(alarm, frame.alarm);
    alarm.hidden = !frame.alarm;
    this.loss.at(frame.step, frame.says);
    this.knn?.at(frame.step, says);
    this.kept.at(scores);
    if (!this.playing) this.name();
  }
}

const ICONS = {
  Play: "M4 2 L14 8 L4 14 Z",
  Pause: "M3 2 H6.5 V14 H3 Z M9.5 2 H13 V14 H9.5 Z",
  "Play again": "M8 2.5 A5.5 5.5 0 1 0 13.5 8 H11.7 A3.7 3.7 0 1 1 8 4.3 V7 L12.5 3.5 L8 0 Z",
};

function buildPlayer(root) {
  root.querySelector(".player")?.remove();
  const parts = {
    player: make("section", "player"),
    controls: make("div", "controls"),
    toggle: make("button", "toggle", "", { type: "button" }),
    word: make("span", ""),
    scrub: make("input", "scrub", "", {
      type: "range",
      min: "0",
      max: "0",
      value: "0",
      disabled: "",
      "aria-label": "Step of the recording",
    }),
    caption: make("p", "caption"),
    alarm: make("p", "alarm", "", { hidden: "" }),
    sides: make("div", "sides"),
    left: make("div", "side"),
    right: make("div", "side"),
  };
  const picture = ink(parts.toggle, "svg", { viewBox: "0 0 16 16", "aria-hidden": "true" });
  parts.icon = ink(picture, "path", {});
  parts.toggle.append(parts.word);
  parts.controls.append(parts.toggle, parts.scrub);
  parts.sides.append(parts.left, parts.right);
  const { player, controls, caption, alarm, sides } = parts;
  player.append(controls, caption, alarm, sides);
  root.append(player);
  return parts;
}

async function fetchFilm(address) {
  try {
    const reply = await fetch(address);
    return reply.ok ? await reply.json() : null;
  } catch {
    return null;
  }
}

const players = (shared.players ??= new Map()); // root -> Player

shared.play ??= ({ parentElement: root, data }) => {
  if (!players.has(root)) players.set(root, new Player(root));
  const player = players.get(root);
  player.update(data);
  return (player.called = {});
};
shared.eject ??= (root, called) => {
  const own = players.get(root);
  if (!own || own.called !== called) return;
  own.remove();
  players.delete(root);
};

export default function (component) {
  const called = shared.play(component);
  return () => shared.eject(component.parentElement, called);
}
