// How a component's modules reach the page.

import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";

const LOADER = new URL("../../assets/components/loader.js", import.meta.url);
const ENTRY = "export default (component) => () => `${component.data} has left`;\n";

const { fetch, setTimeout } = globalThis;
let folder;
let waits; // milliseconds that the loader has waited
let onWait; // called instead
let asked; // the addresses that were fetched
let offline; // how many fetches fail from now on

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "loader-"));
  waits = [];
  onWait = () => {};
  globalThis.setTimeout = (resolve, milliseconds) => {
    waits.push(milliseconds);
    onWait();
    resolve();
  };
  asked = [];
  offline = 0;
  globalThis.fetch = async (address) => {
    asked.push(address);
    if (offline-- > 0) throw new TypeError("Failed to fetch");
    const found = existsSync(new URL(address));
    return new Response(found ? readFileSync(new URL(address)) : "", { status: found ? 200 : 404 });
  };
  globalThis.document = { baseURI: pathToFileURL(join(folder, "page")).href };
});

afterEach(() => {
  rmSync(folder, { recursive: true });
  delete globalThis.document;
  globalThis.fetch = fetch;
  globalThis.setTimeout = setTimeout;
});

function write(name, text) {
  writeFileSync(join(folder, name), text);
}

// The loader with a list of modules, as Python writes it.
async function loaderOf(...urls) {
  const text = readFileSync(LOADER, "utf8");
  const own = text.replace('["{urls}"]', JSON.stringify(urls));
  assert.notEqual(own, text);
  write("loader.mjs", own);
  return (await import(pathToFileURL(join(folder, "loader.mjs")))).default;
}

test("the entry module is called, and its clean-up is returned", async () => {
  write("entry.mjs", ENTRY);
  write("other.mjs", "globalThis.otherLoaded = true;\n");
  const show = await loaderOf("entry.mjs", "other.mjs");
  const leave = await show({ data: "a map" });
  assert.equal(leave(), "a map has left");
  assert.ok(globalThis.otherLoaded);
  assert.equal((await show({ data: "again" }))(), "again has left");
});

test("calls that wait for the modules are answered in their order", async () => {
  write("entry.mjs", "export default ({ log, data }) => log.push(data);\n");
  const show = await loaderOf("entry.mjs");
  const log = [];
  await Promise.all([1, 2, 3].map((data) => show({ log, data })));
  assert.deepEqual(log, [1, 2, 3]);
});

test("a module that does not arrive is asked for again", async () => {
  write("entry.mjs", ENTRY);
  offline = 1;
  const show = await loaderOf("entry.mjs");
  assert.equal((await show({ data: "late" }))(), "late has left");
  assert.deepEqual(waits, [1000]);
});

// A browser would not ask again for a module whose import has failed.
test("no module is imported before all have arrived, and none by another URL", async () => {
  write("entry.mjs", "globalThis.from = import.meta.url;\nexport default () => {};\n");
  const before = [];
  onWait = () => {
    before.push(globalThis.from);
    if (before.length === 2) write("other.mjs", "");
  };
  const show = await loaderOf("entry.mjs", "other.mjs");
  await show({});
  assert.deepEqual(before, [undefined, undefined]);
  assert.equal(new Set(asked).size, 2);
  assert.match(globalThis.from, /entry\.mjs$/);
  delete globalThis.from;
});

test("one that never arrives is an error, and the next call begins anew", async () => {
  const show = await loaderOf("entry.mjs");
  await assert.rejects(show({}), /entry\.mjs: 404/);
  assert.deepEqual(waits, [1000, 2000, 3000]);
  write("entry.mjs", ENTRY);
  assert.equal((await show({ data: "new" }))(), "new has left");
});
