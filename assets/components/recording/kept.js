// What a linear probe can read of each known factor: a bar, and a mark for the untrained.

class Kept {
  constructor(host, names) {
    this.title = make("p", "says", "Kept and thrown away: what a linear probe can read");
    this.rows = names.map((name) => {
      const row = make("div", "kept");
      const track = make("div", "track");
      const bar = make("div", "bar");
      const untrained = make("div", "untrained");
      const value = make("span", "value");
      track.append(bar, untrained);
      row.append(make("span", "name", name.replaceAll("_", " ")), track, value);
      return { name, row, bar, untrained, value };
    });
    this.note = make("p", "note", "Bar: now. Grey mark: random init.");
    host.append(this.title, ...this.rows.map(({ row }) => row), this.note);
    [this.title, this.note].forEach((element) => (element.hidden = !names.length));
  }

  at(probes) {
    this.rows.forEach(({ name, row, bar, untrained, value }) => {
      const score = probes?.[name];
      row.hidden = !score;
      if (!score) return;
      bar.style.width = `${100 * score.accuracy}%`;
      untrained.style.left = `${100 * score.random_init}%`;
      setText(value, score.accuracy.toFixed(2));
    });
  }
}
