// One view per place on the page, whatever order Streamlit's calls come in.

import assert from "node:assert/strict";
import { test } from "node:test";

import { mount } from "../../assets/components/shared/mount.js";

function viewClass() {
  const log = [];
  class View {
    constructor(root, data) {
      this.name = `view ${log.filter((entry) => entry.startsWith("new")).length + 1}`;
      log.push(`new ${this.name} ${data}`);
    }

    update(data, component) {
      log.push(`update ${this.name} ${data} ${component.key}`);
    }

    unmount() {
      log.push(`unmount ${this.name}`);
    }
  }
  return { View, log };
}

const call = (show, root, data) => show({ parentElement: root, data, key: "a key" });

test("a view is built once and updated at every call", () => {
  const { View, log } = viewClass();
  const show = mount(View);
  const root = {};
  call(show, root, 1);
  call(show, root, 2);
  assert.deepEqual(log, ["new view 1 1", "update view 1 1 a key", "update view 1 2 a key"]);
});

test("two places have two views", () => {
  const { View, log } = viewClass();
  const show = mount(View);
  const [one, other] = [{}, {}];
  const leave = call(show, one, 1);
  call(show, other, 1);
  leave();
  assert.deepEqual(log.at(-1), "unmount view 1");
  assert.equal(log.filter((entry) => entry.startsWith("unmount")).length, 1);
});

test("the clean-up of a call that was overtaken leaves the view alone", () => {
  const { View, log } = viewClass();
  const show = mount(View);
  const root = {};
  const late = call(show, root, 1);
  const latest = call(show, root, 2);
  late();
  assert.ok(!log.includes("unmount view 1"));
  latest();
  latest();
  assert.equal(log.filter((entry) => entry === "unmount view 1").length, 1);
});

test("after it has left the page, a place gets a new view, which old clean-ups spare", () => {
  const { View, log } = viewClass();
  const show = mount(View);
  const root = {};
  const leave = call(show, root, 1);
  leave();
  call(show, root, 2);
  leave();
  assert.deepEqual(log.slice(2), ["unmount view 1", "new view 2 2", "update view 2 2 a key"]);
});

test("the view of another version of the modules is replaced", () => {
  const [before, after] = [viewClass(), viewClass()];
  const root = {};
  const leave = call(mount(before.View), root, 1);
  call(mount(after.View), root, 2);
  leave();
  assert.equal(before.log.at(-1), "unmount view 1");
  assert.deepEqual(after.log, ["new view 1 2", "update view 1 2 a key"]);
});

test("a view that cannot show its data leaves, and the next call builds another", () => {
  const { View, log } = viewClass();
  class Fragile extends View {
    update(data, component) {
      if (data === "bad") throw new Error("no such data");
      super.update(data, component);
    }
  }
  const show = mount(Fragile);
  const root = {};
  const leave = call(show, root, 1);
  assert.throws(() => call(show, root, "bad"), /no such data/);
  assert.equal(log.at(-1), "unmount view 1");
  call(show, root, 2);
  leave();
  assert.deepEqual(log.slice(-2), ["new view 2 2", "update view 2 2 a key"]);
});
