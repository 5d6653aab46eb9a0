// A learner's progress in the browser's local storage, merged with what Python has.
//
// Python owns the progress. A stored copy is overwritten only after Python has read it:
// `acknowledged` is the id of the last report that Python has read. Two tabs notice each
// other through the storage event, and merge.
//
// The owner's tag is stored with the copy; Python and other tabs ignore another account's
// copy.

let lastReportId = 0; // report ids increase

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
   * @param data `{ name, nonce, text, owner_tag, enabled, set_by_learner, acknowledged }`:
   *   the key of the entry, the server's session, the progress as JSON (empty before the
   *   first answer), the owner's tag, whether the browser may store it, whether the learner
   *   has set that in this visit, and the id of the last report that Python has read.
   */
  update(data, { setStateValue }) {
    // Another session of the server knows nothing yet.
    if (this.data?.nonce !== data.nonce) this.reported = this.syncedText = undefined;
    this.data = data;
    this.send = (report) => setStateValue("stored", report);
    this.synchronize();
  }

  synchronize() {
    const { name, text, acknowledged, enabled } = this.data;
    const { owner_tag: ownerTag, set_by_learner: setByLearner } = this.data;
    const offKey = `${name}-off`;
    if (this.reported && acknowledged === this.reported.reportId) {
      this.syncedText = this.reported.text;
    }
    if (enabled && !setByLearner && read(offKey)) {
      if (!this.reported) this.report(null, true);
      return;
    }
    if (!enabled) {
      write(name, "");
      write(`${name}-owner`, "");
      write(offKey, "1");
      return;
    }
    write(offKey, "");
    const stored = read(name);
    if (stored === null || stored === this.syncedText || stored === text) {
      const tagged = !ownerTag || ownerTag === read(`${name}-owner`);
      const upToDate = stored === text && tagged;
      if (!upToDate && (stored !== null || text)) this.storeCopy();
      this.syncedText = text || null;
    } else if (this.reported?.text !== stored) {
      this.report(stored, false);
    }
  }

  // Send the stored copy to Python, or that the learner has switched storing off.
  report(stored, storageOff) {
    const { name, nonce } = this.data;
    lastReportId = Math.max(Date.now(), lastReportId + 1);
    this.reported = { reportId: lastReportId, text: stored };
    this.send({
      nonce,
      report_id: lastReportId,
      text: stored ?? "",
      owner_tag: read(`${name}-owner`) ?? "",
      storage_off: storageOff,
    });
  }

  storeCopy() {
    const { name, owner_tag: ownerTag, text } = this.data;
    if (ownerTag) write(`${name}-owner`, ownerTag); // first: a tab reads it with the copy
    write(name, text);
  }

  ownedByAnother() {
    const own = accountOf(this.data.owner_tag);
    const stored = accountOf(read(`${this.data.name}-owner`));
    return Boolean(own && stored && stored !== own);
  }
}

function accountOf(ownerTag) {
  return ownerTag?.split(":")[0] ?? "";
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
