// A learner's progress in the browser's local storage; draws nothing.
//
// Python owns the record. What is stored is only overwritten after Python has heard it:
// `heard` is the number of the last report that it has taken in. Two tabs tell each
// other through the storage event, and merge.
//
// Beside the copy stands whose it is, if somebody had signed in: Python takes nothing of
// one account into another, and tabs of two accounts do not talk.

function report(memo, stored, off) {
  memo.reported = { k: Date.now() + Math.random(), text: stored };
  const mark = read(`${memo.data.name}-owner`) ?? "";
  memo.say({ nonce: memo.nonce, k: memo.reported.k, text: stored ?? "", mark, off });
}

function read(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // the browser keeps nothing, by its owner's wish
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

function owner(mark) {
  return mark?.split(":")[0] ?? "";
}

function anothers({ name, mark }) {
  const theirs = owner(read(`${name}-owner`));
  return Boolean(owner(mark) && theirs && theirs !== owner(mark));
}

function keepCopy({ name, mark, text }) {
  if (mark) write(`${name}-owner`, mark); // first: another tab reads it with the copy
  write(name, text);
}

function settle(memo) {
  const { name, text, mark, keep, chosen, heard } = memo.data;
  const off = `${name}-off`;
  if (memo.reported && heard === memo.reported.k) memo.known = memo.reported.text;
  if (keep && !chosen && read(off)) {
    if (!memo.reported) report(memo, null, true);
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
  if (stored === null || stored === memo.known || stored === text) {
    const told = !mark || mark === read(`${name}-owner`);
    if (!(stored === text && told) && (stored !== null || text)) keepCopy(memo.data);
    memo.known = text || null;
  } else if (memo.reported?.text !== stored) {
    report(memo, stored, false);
  }
}

export default function ({ data, parentElement, setStateValue }) {
  let memo = parentElement.progress;
  if (memo?.nonce !== data.nonce) {
    // Another session of the server: it knows nothing yet.
    if (memo) removeEventListener("storage", memo.listen);
    memo = parentElement.progress = { nonce: data.nonce };
    const mine = memo;
    memo.listen = (event) => {
      if (!parentElement.isConnected) removeEventListener("storage", mine.listen);
      else if (event.key === mine.data.name && !anothers(mine.data)) settle(mine);
    };
    addEventListener("storage", memo.listen);
  }
  memo.data = data;
  memo.say = (value) => setStateValue("stored", value);
  settle(memo);
}
