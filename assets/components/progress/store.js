// A learner's progress in the browser's local storage, merged with what Python has.
//
// Python owns the progress. A stored copy is overwritten only after Python has read it:
// `heard` is the number of the last report that Python took in. Two tabs notice each other
// through the storage event, and merge.
//
// Beside the copy stands the mark of its owner, if somebody had signed in: Python takes
// nothing of one account into another, and the tabs of two accounts do not exchange.

let lastReport = 0; // numbers that no earlier report of this page has

export class ProgressStore {
  constructor() {
    this.onStorage = ({ key }) => {
      if (key === this.data.name && !this.ownedByAnother()) this.synchronize();
    };
    addEventListener("storage", this.onStorage);
  }

  unmount() {
    removeEventListener("storage", this.onStorage);
  }

  /**
   * Take what Python sends, and send what it does not have.
   *
   * @param data `{ name, nonce, text, mark, keep, chosen, heard }`: the key of the entry,
   *   the server's session, the progress as JSON (empty before the first answer), the
   *   owner's mark, whether the browser may keep it, whether the learner has chosen that in
   *   this visit, and the number of the last report that Python has read.
   */
  update(data, { setStateValue }) {
    // Another session of the server knows nothing yet.
    if (this.data?.nonce !== data.nonce) this.reported = this.known = undefined;
    this.data = data;
    this.send = (report) => setStateValue("stored", report);
    this.synchronize();
  }

  synchronize() {
    const { name, text, mark, keep, chosen, heard } = this.data;
    const off = `${name}-off`;
    if (this.reported && heard === this.reported.k) this.known = this.reported.text;
    if (keep && !chosen && read(off)) {
      if (!this.reported) this.report(null, true);
      return;
    }
    if (!keep) {
      write(name, "");
      write(`${name}-owner`, "");
      write(off, "1");
      return;
    }
    write(off, "");
    const stored = read(name);
    if (stored === null || stored === this.known || stored === text) {
      const marked = !mark || mark === read(`${name}-owner`);
      const upToDate = stored === text && marked;
      if (!upToDate && (stored !== null || text)) this.keepCopy();
      this.known = text || null;
    } else if (this.reported?.text !== stored) {
      this.report(stored, false);
    }
  }

  // Send the stored copy to Python, or that the learner has switched storing off.
  report(stored, off) {
    const { name, nonce } = this.data;
    lastReport = Math.max(Date.now(), lastReport + 1);
    this.reported = { k: lastReport, text: stored };
    const mark = read(`${name}-owner`) ?? "";
    this.send({ nonce, k: this.reported.k, text: stored ?? "", mark, off });
  }

  keepCopy() {
    const { name, mark, text } = this.data;
    if (mark) write(`${name}-owner`, mark); // first: another tab reads it with the copy
    write(name, text);
  }

  ownedByAnother() {
    const own = ownerOf(this.data.mark);
    const stored = ownerOf(read(`${this.data.name}-owner`));
    return Boolean(own && stored && stored !== own);
  }
}

function ownerOf(mark) {
  return mark?.split(":")[0] ?? "";
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // the browser's owner has forbidden it to store anything
  }
}

function write(name, text) {
  try {
    if (text) localStorage.setItem(name, text);
    else localStorage.removeItem(name);
  } catch {
    // Full or forbidden: the progress file remains.
  }
}
