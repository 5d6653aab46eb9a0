// A learner's progress in the browser's local storage, merged with what Python has.
//
// Python owns the progress. A stored copy is overwritten only after Python has read it:
// `acknowledged` is the id of the last report that Python has read. What Python could not
// read, because a newer version of the app wrote it or it is damaged, is never overwritten:
// the progress is stored beside it, under the next key. Once Python can read both, they
// become one. Two tabs notice each other through the storage event, and merge.
//
// The owner's tag, "account:time", is stored with each copy. Python and other tabs ignore
// another account's copy. A third part says that the account's row lacks some of it; then
// another account does not overwrite it either.

const COPIES = 4;
let lastReportId = 0; // report ids increase

export class ProgressStore {
  constructor() {
    this.onStorage = ({ key }) => {
      const { name } = this.data;
      const copy = copyKeys(name).includes(key);
      if (copy ? this.ownedByAnother(key) : key !== offKey(name)) return;
      this.synchronize();
    };
    addEventListener("storage", this.onStorage);
  }

  unmount() {
    removeEventListener("storage", this.onStorage);
  }

  /**
   * Take what Python sends, and send what it does not have.
   *
   * @param data `{ name, nonce, text, owner_tag, enabled, set_at, acknowledged, unreadable }`:
   *   the key of the first copy, the server's session, the progress as JSON (empty before the
   *   first answer), the owner's tag, whether the browser may store it, when the learner has
   *   set that (Unix milliseconds, 0: never), the id of the last report that Python has read,
   *   and the keys of the copies that it could not read.
   */
  update(data, { setStateValue }) {
    if (this.data?.nonce !== data.nonce) {
      // Another session of the server knows nothing yet.
      this.reported = undefined;
      this.notStored = false;
      this.read = new Map(); // key -> the text there that Python has read
      this.written = new Map(); // key -> the text that this tab has stored there
      this.removed = new Map(); // key -> the text there that this tab has removed
    }
    this.data = data;
    this.send = (report) => setStateValue("stored", report);
    if (this.reported && data.acknowledged === this.reported.id) {
      for (const { key, text } of this.reported.copies) this.read.set(key, text);
    }
    this.synchronize({ mayWrite: true });
  }

  // Another tab's copy is overwritten only in a run of Python, not at a storage event: two
  // tabs that cannot read each other's copies would overwrite them for ever.
  synchronize({ mayWrite = false } = {}) {
    const { name, text, enabled, set_at: setAt } = this.data;
    const keys = copyKeys(name);
    this.setting = newerSetting({ enabled, setAt }, readSetting(name));
    writeSetting(name, this.setting);
    if (!this.setting.enabled) {
      for (const key of keys) remove(key);
      this.report([], false);
      return;
    }
    const target = keys.find((key) => this.stateOf(key) !== "kept");
    const unread = keys.filter((key) => this.stateOf(key) === "unread");
    let notStored = this.notStored;
    if (!unread.includes(target) && (mayWrite || this.stateOf(target) === "none")) {
      notStored = !this.store(target) && text !== "";
      if (mayWrite && !notStored) this.removeMerged(keys, target);
    }
    this.report(unread, notStored);
  }

  // "none", "merged" with what Python has, "unread" by Python, or "kept" as it is.
  stateOf(key) {
    const stored = read(key);
    if (stored === null) return "none";
    if (stored === this.data.text || stored === this.written.get(key)) return "merged";
    if (stored !== this.read.get(key)) return "unread";
    const kept = this.data.unreadable.includes(key) || this.holdsAnothersAnswers(key);
    return kept ? "kept" : "merged";
  }

  // Store the progress; false if it is not stored.
  store(key) {
    if (key === undefined) return false; // no key is free
    const { owner_tag: ownerTag, text } = this.data;
    const tag = read(ownerKey(key));
    if ((read(key) ?? "") !== text || (text && ownerTag && ownerTag !== tag)) {
      // The tag first: another tab reads it with the copy.
      if (!write(ownerKey(key), ownerTag || tag) || !write(key, text)) {
        write(ownerKey(key), tag); // the copy there is the same as before
        return false;
      }
    }
    this.written.set(key, text);
    return true;
  }

  // Remove the copies that the stored one contains. Each text is removed once: another tab,
  // of an older version of the app, may store it again because it needs it.
  removeMerged(keys, target) {
    for (const key of keys.slice(keys.indexOf(target) + 1)) {
      const stored = read(key);
      if (this.stateOf(key) !== "merged" || this.ownedByAnother(key)) continue;
      if (this.removed.get(key) === stored) continue;
      this.removed.set(key, stored);
      remove(key);
    }
  }

  // Send Python the copies that it has not read, and what else it does not know.
  report(unread, notStored) {
    const { nonce, enabled, set_at: setAt } = this.data;
    const copies = unread.map((key) => ({
      key,
      text: read(key),
      owner_tag: read(ownerKey(key)) ?? "",
    }));
    const { setting } = this;
    const known = enabled === setting.enabled && setAt === setting.setAt;
    if (copies.length === 0 && known && notStored === this.notStored) return;
    const content = { copies, enabled: setting.enabled, set_at: setting.setAt };
    const signature = JSON.stringify([content, notStored]);
    if (signature === this.reported?.signature) return;
    lastReportId = Math.max(Date.now(), lastReportId + 1);
    this.reported = { id: lastReportId, copies, signature };
    this.notStored = notStored;
    this.send({ nonce, report_id: lastReportId, ...content, not_stored: notStored });
  }

  holdsAnothersAnswers(key) {
    return this.ownedByAnother(key) && read(ownerKey(key)).split(":").length > 2;
  }

  ownedByAnother(key) {
    const own = accountOf(this.data.owner_tag);
    const stored = accountOf(read(ownerKey(key)));
    return Boolean(own && stored && stored !== own);
  }
}

function copyKeys(name) {
  return Array.from({ length: COPIES }, (_, i) => (i ? `${name}-${i + 1}` : name));
}

function ownerKey(key) {
  return `${key}-owner`;
}

function offKey(name) {
  return `${name}-off`;
}

function accountOf(ownerTag) {
  return ownerTag?.split(":")[0] ?? "";
}

// Whether the browser may store the progress, and when the learner has set that. There is
// an entry for "off" only while it is off: earlier versions look for nothing else.
function readSetting(name) {
  const off = read(offKey(name));
  const setAt = Number(off ?? read(`${name}-on`)) || 0;
  return { enabled: off === null, setAt };
}

function writeSetting(name, { enabled, setAt }) {
  write(offKey(name), enabled ? "" : String(setAt || 1));
  write(`${name}-on`, enabled && setAt ? String(setAt) : "");
}

function newerSetting(own, stored) {
  return own.setAt > stored.setAt ? own : stored;
}

function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // the browser's owner has forbidden it to store anything
  }
}

function write(key, text) {
  try {
    if (!text) localStorage.removeItem(key);
    else if (text !== localStorage.getItem(key)) localStorage.setItem(key, text);
    return true;
  } catch {
    return false; // full or forbidden: the progress file remains
  }
}

function remove(key) {
  write(key, "");
  write(ownerKey(key), "");
}
