// A learner's progress between the browser's storage, its tabs and Python.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { ProgressStore } from "../../assets/components/progress/store.js";

const NAME = "ssl_progress";
const OWN = '{"attempts": ["mine"]}';
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
    Object.assign(this.data, { enabled: true, set_by_learner: false, acknowledged: 0 });
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
  assert.deepEqual(tab.sent.map(({ name, text, storage_off: off }) => [name, text, off]), [
    ["stored", OTHER, false],
  ]);
  assert.equal(tab.sent[0].nonce, "session 1");
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

test("damaged content goes to Python, which says so, and is then replaced", () => {
  storage.items.set(NAME, "{ no JSON");
  const tab = new Tab();
  assert.equal(tab.sent[0].text, "{ no JSON");
  tab.answer(OWN);
  assert.equal(storage.getItem(NAME), OWN);
});

test("another session of the server is told again", () => {
  const tab = new Tab({ text: OWN });
  tab.update({ nonce: "session 2", text: "", acknowledged: 0 });
  assert.equal(tab.sent.length, 1);
  assert.deepEqual([tab.sent[0].nonce, tab.sent[0].text], ["session 2", OWN]);
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

test("a browser that is full or forbids storing changes nothing for the learner", () => {
  storage.quota = 5;
  const tab = new Tab({ text: OWN });
  assert.equal(storage.getItem(NAME), null);
  tab.update({ text: `${OWN} and more` });
  storage.quota = Infinity;
  tab.update({});
  assert.equal(storage.getItem(NAME), `${OWN} and more`);

  globalThis.localStorage = new FakeStorage({ forbidden: true });
  const other = new Tab({ text: OWN });
  other.update({ enabled: false, set_by_learner: true });
  assert.deepEqual(other.sent, []);
});

test("switched off, everything is forgotten and stays forgotten in the next visit", () => {
  const tab = new Tab({ text: OWN, owner_tag: "anna:1" });
  tab.update({ enabled: false, set_by_learner: true });
  assert.deepEqual([...storage.items], [[`${NAME}-off`, "1"]]);

  const next = new Tab({ text: OWN });
  assert.deepEqual(next.sent.map(({ storage_off: off, text }) => [off, text]), [[true, ""]]);
  next.update({});
  assert.equal(next.sent.length, 1);
  assert.equal(storage.getItem(NAME), null);

  next.update({ enabled: true, set_by_learner: true });
  assert.equal(storage.getItem(NAME), OWN);
  assert.equal(storage.getItem(`${NAME}-off`), null);
});

test("another tab's progress is merged, and the two come to rest", () => {
  const one = new Tab({ text: OWN });
  const other = new Tab({ text: OWN });
  other.update({ text: OTHER });
  storageEvent(NAME);
  assert.equal(one.sent.at(-1).text, OTHER);
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
  assert.equal(new Tab({ owner_tag: "anna:1" }).sent[0].owner_tag, "bert:7");
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
