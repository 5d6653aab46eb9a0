// A learner's progress between the browser's storage, its tabs and Python.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { ProgressStore } from "../../assets/components/progress/store.js";

const NAME = "ssl_progress";
const OWN = '{"attempts": ["mine"]}';
const NEWER = '{"version": 99}';
const OTHER = '{"attempts": ["of another visit"]}';

// What a browser's storage does, with a quota in characters.
class FakeStorage {
  constructor({ quota = Infinity, forbidden = false } = {}) {
    this.items = new Map();
    this.quota = quota;
    this.forbidden = forbidden;
    this.writes = [];
  }

  check() {
    if (this.forbidden) throw new DOMException("denied", "SecurityError");
  }

  getItem(name) {
    this.check();
    return this.items.get(name) ?? null;
  }

  setItem(name, text) {
    this.check();
    if (text.length > this.quota) throw new DOMException("full", "QuotaExceededError");
    this.items.set(name, text);
    this.writes.push(name);
  }

  removeItem(name) {
    this.check();
    this.items.delete(name);
  }
}

let storage;
let page;

beforeEach(() => {
  storage = globalThis.localStorage = new FakeStorage();
  page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
});

afterEach(() => {
  delete globalThis.localStorage;
  delete globalThis.addEventListener;
  delete globalThis.removeEventListener;
});

// A tab with its store, and what it has sent to Python.
class Tab {
  constructor(changes = {}) {
    this.sent = [];
    this.store = new ProgressStore();
    this.data = { name: NAME, nonce: "session 1", text: "", owner_tag: "" };
    Object.assign(this.data, { enabled: true, set_at: 0, acknowledged: 0, unreadable: [] });
    this.update(changes);
  }

  // Python sends something else.
  update(changes) {
    this.data = { ...this.data, ...changes };
    this.store.update(this.data, {
      setStateValue: (name, value) => this.sent.push({ name, ...value }),
    });
    return this;
  }

  // Python has read the last report and has this progress now.
  answer(text, changes = {}) {
    return this.update({ text, acknowledged: this.sent.at(-1).report_id, ...changes });
  }
}

const copiesOf = (report) => report.copies.map(({ key, text }) => [key, text]);

function storageEvent(key) {
  page.dispatchEvent(Object.assign(new Event("storage"), { key }));
}

test("without an answer nothing is stored and nothing is sent", () => {
  const tab = new Tab();
  assert.equal(storage.items.size, 0);
  assert.deepEqual(tab.sent, []);
});

test("progress is stored, and the newest copy replaces it", () => {
  const tab = new Tab({ text: OWN });
  assert.equal(storage.getItem(NAME), OWN);
  tab.update({ text: `${OWN} and more` });
  assert.equal(storage.getItem(NAME), `${OWN} and more`);
  assert.deepEqual(tab.sent, []);
});

test("what is stored already is not written again", () => {
  storage.items.set(NAME, OWN);
  const tab = new Tab({ text: OWN });
  tab.update({});
  assert.deepEqual(storage.writes, []);
});

test("a stored copy is sent once, and overwritten only after Python has read it", () => {
  storage.items.set(NAME, OTHER);
  const tab = new Tab();
  assert.equal(tab.sent.length, 1);
  assert.equal(tab.sent[0].name, "stored");
  assert.equal(tab.sent[0].nonce, "session 1");
  assert.deepEqual(copiesOf(tab.sent[0]), [[NAME, OTHER]]);
  assert.deepEqual([tab.sent[0].enabled, tab.sent[0].not_stored], [true, false]);
  tab.update({ text: OWN }); // a click before Python has read it
  assert.equal(storage.getItem(NAME), OTHER);
  assert.equal(tab.sent.length, 1);
  tab.answer("merged");
  assert.equal(storage.getItem(NAME), "merged");
  assert.equal(tab.sent.length, 1);
});

test("progress that Python has cleared is removed from the browser", () => {
  const tab = new Tab({ text: OWN });
  tab.update({ text: "" });
  assert.equal(storage.getItem(NAME), null);
});

test("what Python cannot read stays, and the progress is stored beside it", () => {
  storage.items.set(NAME, NEWER);
  storage.items.set(`${NAME}-owner`, "anna:9");
  const tab = new Tab();
  tab.answer("", { unreadable: [NAME] });
  assert.deepEqual(tab.sent.length, 1);
  tab.update({ text: OWN });
  tab.update({ text: `${OWN} and more` });
  assert.equal(storage.getItem(NAME), NEWER);
  assert.equal(storage.getItem(`${NAME}-owner`), "anna:9");
  assert.equal(storage.getItem(`${NAME}-2`), `${OWN} and more`);
  assert.equal(tab.sent.length, 1);

  const next = new Tab({ nonce: "session 2" });
  assert.deepEqual(copiesOf(next.sent[0]), [
    [NAME, NEWER],
    [`${NAME}-2`, `${OWN} and more`],
  ]);
  next.answer(`${OWN} and more`, { unreadable: [NAME] });
  assert.equal(storage.getItem(NAME), NEWER);
});

test("an app that can read all copies makes them one", () => {
  storage.items.set(NAME, NEWER);
  storage.items.set(`${NAME}-2`, OWN);
  storage.items.set(`${NAME}-2-owner`, "anna:9");
  const tab = new Tab({ owner_tag: "anna:9" });
  tab.update({ text: OTHER }); // Python has not read them yet
  assert.deepEqual([storage.getItem(NAME), storage.getItem(`${NAME}-2`)], [NEWER, OWN]);
  tab.answer("all of it");
  assert.deepEqual(
    [...storage.items],
    [
      [NAME, "all of it"],
      [`${NAME}-owner`, "anna:9"],
    ],
  );
  tab.update({});
  assert.equal(tab.sent.length, 1);
});

test("copies are made one only after the first could be written", () => {
  storage.items.set(NAME, OTHER);
  storage.items.set(`${NAME}-2`, OWN);
  const tab = new Tab();
  storage.quota = 5;
  tab.answer("all of it");
  assert.deepEqual([storage.getItem(NAME), storage.getItem(`${NAME}-2`)], [OTHER, OWN]);
  assert.equal(tab.sent.at(-1).not_stored, true);
});

test("what the learner discards is replaced", () => {
  storage.items.set(NAME, NEWER);
  const tab = new Tab({ text: OWN });
  tab.answer(OWN, { unreadable: [NAME] });
  tab.update({ unreadable: [] });
  assert.deepEqual([...storage.items], [[NAME, OWN]]);
});

test("tabs of two versions of the app lose nothing and come to rest", () => {
  // Python says in each tab what its version of the app can read.
  const older = new Tab({ text: OWN });
  const newer = new Tab({ nonce: "session 2" });
  newer.answer(NEWER);
  storageEvent(NAME);
  assert.deepEqual(copiesOf(older.sent.at(-1)), [[NAME, NEWER]]);
  older.answer(OWN, { unreadable: [NAME] });
  assert.equal(storage.getItem(NAME), NEWER);
  older.update({ text: `${OWN} and more` }); // an answer in the older tab
  storageEvent(`${NAME}-2`);
  assert.deepEqual(copiesOf(newer.sent.at(-1)), [[`${NAME}-2`, `${OWN} and more`]]);
  newer.answer(`${NEWER} and more`);
  assert.equal(storage.getItem(NAME), `${NEWER} and more`);
  storageEvent(`${NAME}-2`); // removed, and stored again: the older tab needs it
  storageEvent(NAME);
  older.answer(`${OWN} and more`);
  assert.equal(storage.getItem(`${NAME}-2`), `${OWN} and more`);
  const sent = older.sent.length + newer.sent.length;
  const writes = storage.writes.length;
  for (let i = 0; i < 5; i += 1) {
    for (const key of [NAME, `${NAME}-2`]) storageEvent(key);
    newer.update({});
    older.update({});
  }
  assert.equal(older.sent.length + newer.sent.length, sent);
  assert.equal(storage.writes.length, writes);
});

test("where every copy is unreadable nothing is written, and Python is told", () => {
  const keys = [NAME, `${NAME}-2`, `${NAME}-3`, `${NAME}-4`];
  for (const key of keys) storage.items.set(key, NEWER);
  const tab = new Tab();
  tab.answer(OWN, { unreadable: keys });
  assert.deepEqual(storage.writes, []);
  assert.equal(tab.sent.at(-1).not_stored, true);
});

test("another session of the server is told again", () => {
  const tab = new Tab({ text: OWN });
  tab.update({ nonce: "session 2", text: "", acknowledged: 0 });
  assert.equal(tab.sent.length, 1);
  assert.equal(tab.sent[0].nonce, "session 2");
  assert.deepEqual(copiesOf(tab.sent[0]), [[NAME, OWN]]);
  assert.equal(storage.getItem(NAME), OWN);
});

test("two reports of the same moment have different numbers", () => {
  storage.items.set(NAME, OTHER);
  const numberOfReport = () => {
    const tab = new Tab();
    tab.store.unmount();
    return tab.sent[0].report_id;
  };
  const numbers = new Set(Array.from({ length: 50 }, numberOfReport));
  assert.equal(numbers.size, 50);
});

test("Python is told once that a browser is full, and once that it has room again", () => {
  storage.quota = 5;
  const tab = new Tab({ text: OWN });
  assert.equal(storage.getItem(NAME), null);
  tab.update({ text: `${OWN} and more` });
  assert.deepEqual(tab.sent.map((report) => report.not_stored), [true]);
  storage.quota = Infinity;
  tab.update({});
  tab.update({});
  assert.equal(storage.getItem(NAME), `${OWN} and more`);
  assert.deepEqual(tab.sent.map((report) => report.not_stored), [true, false]);
});

test("a full browser keeps the copy there, and whose it is", () => {
  storage.items.set(NAME, OTHER);
  storage.items.set(`${NAME}-owner`, "bert:7");
  const tab = new Tab({ owner_tag: "anna:1" });
  storage.quota = 10;
  tab.answer(OWN);
  assert.equal(storage.getItem(NAME), OTHER);
  assert.equal(storage.getItem(`${NAME}-owner`), "bert:7");
});

test("Python is told that a browser forbids storing, unless nothing is to be stored", () => {
  globalThis.localStorage = new FakeStorage({ forbidden: true });
  assert.equal(new Tab({ text: OWN }).sent[0].not_stored, true);
  assert.deepEqual(new Tab().sent, []);
  assert.deepEqual(new Tab({ text: OWN, enabled: false, set_at: 5 }).sent, []);
});

test("switched off, everything is forgotten and stays forgotten in the next visit", () => {
  storage.items.set(NAME, NEWER);
  const tab = new Tab({ text: OWN, owner_tag: "anna:1" });
  tab.answer(OWN, { unreadable: [NAME] });
  tab.update({ enabled: false, set_at: 5 });
  assert.deepEqual([...storage.items], [[`${NAME}-off`, "5"]]);

  const next = new Tab({ text: OWN });
  assert.deepEqual(next.sent.map((report) => [report.enabled, report.set_at]), [[false, 5]]);
  next.update({});
  assert.equal(next.sent.length, 1);
  assert.equal(storage.getItem(NAME), null);

  next.answer(OWN, { enabled: true, set_at: 6 });
  assert.equal(storage.getItem(NAME), OWN);
  assert.equal(storage.getItem(`${NAME}-off`), null);
});

test("what an earlier version of the app has switched off stays off", () => {
  storage.items.set(`${NAME}-off`, "1");
  const tab = new Tab({ text: OWN });
  assert.equal(tab.sent[0].enabled, false);
  assert.deepEqual([...storage.items], [[`${NAME}-off`, "1"]]);
});

test("of two tabs that switch storing off and on the last one counts, in both", () => {
  const one = new Tab({ text: OWN, enabled: true, set_at: 5 });
  const other = new Tab({ text: OWN });
  other.update({ enabled: false, set_at: 7 });
  for (const key of [NAME, `${NAME}-off`]) storageEvent(key);
  one.update({});
  assert.deepEqual([one.sent.at(-1).enabled, one.sent.at(-1).set_at], [false, 7]);
  assert.deepEqual([...storage.items], [[`${NAME}-off`, "7"]]);
  one.answer(OWN, { enabled: true, set_at: 9 });
  for (const key of [NAME, `${NAME}-off`]) storageEvent(key);
  assert.deepEqual([other.sent.at(-1).enabled, other.sent.at(-1).set_at], [true, 9]);
  assert.equal(storage.getItem(NAME), OWN);
});

test("another tab's progress is merged, and the two come to rest", () => {
  const one = new Tab({ text: OWN });
  const other = new Tab({ text: OWN });
  other.update({ text: OTHER });
  storageEvent(NAME);
  assert.deepEqual(copiesOf(one.sent.at(-1)), [[NAME, OTHER]]);
  one.answer("merged");
  assert.equal(storage.getItem(NAME), "merged");
  storageEvent(NAME);
  other.answer("merged");
  const sent = one.sent.length + other.sent.length;
  storageEvent(NAME);
  storageEvent("some other key");
  assert.equal(one.sent.length + other.sent.length, sent);
});

test("the owner's tag is stored with the copy, before it", () => {
  const tab = new Tab({ text: OWN, owner_tag: "anna:1" });
  assert.equal(storage.getItem(`${NAME}-owner`), "anna:1");
  assert.deepEqual(storage.writes, [`${NAME}-owner`, NAME]);
  tab.update({ owner_tag: "anna:2" });
  assert.equal(storage.getItem(`${NAME}-owner`), "anna:2");
});

test("a copy is sent with its owner's tag", () => {
  storage.items.set(NAME, OTHER);
  storage.items.set(`${NAME}-owner`, "bert:7");
  const tab = new Tab({ owner_tag: "anna:1" });
  assert.equal(tab.sent[0].copies[0].owner_tag, "bert:7");
});

test("another account's copy is replaced, unless its account lacks some of it", () => {
  for (const [owner, left] of [
    ["bert:7", [OWN, null]],
    ["bert:7:unsynced", [OTHER, OWN]],
  ]) {
    storage.items.clear();
    storage.items.set(NAME, OTHER);
    storage.items.set(`${NAME}-owner`, owner);
    const tab = new Tab({ owner_tag: "anna:1" });
    tab.answer(OWN);
    assert.deepEqual([storage.getItem(NAME), storage.getItem(`${NAME}-2`)], left);
    tab.store.unmount();
  }
});

test("another account's copy is not removed, although its answers were read", () => {
  storage.items.set(NAME, OWN);
  storage.items.set(`${NAME}-2`, OTHER);
  storage.items.set(`${NAME}-2-owner`, "bert:7");
  const tab = new Tab({ owner_tag: "anna:1" });
  tab.answer("merged");
  assert.equal(storage.getItem(NAME), "merged");
  assert.equal(storage.getItem(`${NAME}-2`), OTHER);
});

test("tabs of two accounts do not exchange; one account's and a guest's do", () => {
  const tab = new Tab({ text: OWN, owner_tag: "anna:1" });
  storage.items.set(NAME, OTHER);
  storage.items.set(`${NAME}-owner`, "bert:7");
  storageEvent(NAME);
  assert.deepEqual(tab.sent, []);
  storage.items.set(`${NAME}-owner`, "anna:9");
  storageEvent(NAME);
  assert.equal(tab.sent.length, 1);
});

test("a component that has left the page hears no other tab", () => {
  const tab = new Tab({ text: OWN });
  tab.store.unmount();
  storage.items.set(NAME, OTHER);
  storageEvent(NAME);
  assert.deepEqual(tab.sent, []);
});
