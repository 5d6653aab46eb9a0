// As much of a browser's page as the views ask for: elements without a layout, and canvases
// that draw nothing.

import { setMaxListeners } from "node:events";

setMaxListeners(20); // Node.js would warn of views that listen to more than ten kinds of events
const doNothing = () => {};
let focused = null; // an element

// Every method of a canvas, without an effect.
const drawing = new Proxy(
  {
    createLinearGradient: () => ({ addColorStop: doNothing }),
    getImageData: (x, y, width, height) => ({ data: new Uint8Array(4 * width * height) }),
  },
  { get: (known, name) => known[name] ?? doNothing },
);

class FakeElement extends EventTarget {
  constructor(tag = "div") {
    super();
    Object.assign(this, { tag, children: [], attributes: new Map(), className: "", text: "" });
    // Without a size: a view does not draw.
    Object.assign(this, { clientWidth: 0, offsetWidth: 0, offsetHeight: 0 });
    this.style = { setProperty() {} };
  }

  get hidden() {
    return this.attributes.has("hidden");
  }

  set hidden(hidden) {
    if (hidden) this.setAttribute("hidden", "");
    else this.attributes.delete("hidden");
  }

  get textContent() {
    return this.text + this.children.map((child) => child.textContent).join("");
  }

  set textContent(text) {
    this.replaceChildren();
    this.text = text;
  }

  get classList() {
    const names = new Set(this.className.split(" "));
    const toggle = (name, on = !names.has(name)) => {
      names[on ? "add" : "delete"](name);
      this.className = [...names].join(" ");
      return on;
    };
    return {
      toggle,
      contains: (name) => names.has(name),
      add: (name) => toggle(name, true),
      remove: (name) => toggle(name, false),
    };
  }

  getAttribute(name) {
    return this.attributes.get(name) ?? null;
  }

  setAttribute(name, text) {
    this.attributes.set(name, text);
  }

  append(...children) {
    const elements = children.filter((child) => child instanceof FakeElement);
    for (const child of elements) child.parentElement = this;
    this.children.push(...elements);
  }

  /** As in a browser, an element that goes takes the focus with it. */
  replaceChildren(...children) {
    if (this.contains(focused)) focused = null;
    this.children = [];
    this.append(...children);
  }

  descendants() {
    return this.children.flatMap((child) => [child, ...child.descendants()]);
  }

  contains(other) {
    return this.descendants().includes(other);
  }

  /** Knows tags and `.class`. */
  querySelectorAll(selector) {
    const fits = (one) => one.tag === selector || one.classList.contains(selector.slice(1));
    return this.descendants().filter(fits);
  }

  querySelector(selector) {
    return this.querySelectorAll(selector)[0] ?? null;
  }

  getRootNode() {
    return { activeElement: focused };
  }

  focus() {
    focused = this;
  }

  getContext() {
    return drawing;
  }

  getBoundingClientRect() {
    return { left: 0, top: 0 };
  }

  setPointerCapture() {}
}

class Observer {
  observe() {}
  disconnect() {}
}

const NAMES = [
  ...["document", "window", "Image", "Path2D", "ResizeObserver", "IntersectionObserver"],
  ...["getComputedStyle", "matchMedia", "requestAnimationFrame", "cancelAnimationFrame"],
];

/**
 * Make a page in the background: it has all parts, and nothing is ever painted.
 *
 * @returns `{ root, style, focused }`: where a view goes, the page's CSS properties, and a
 *   function that returns the element in focus, or null.
 */
export function openPage() {
  const style = {};
  focused = null;
  globalThis.window = new EventTarget();
  globalThis.document = {
    createElement: (tag) => new FakeElement(tag),
    createElementNS: (_, tag) => new FakeElement(tag),
  };
  globalThis.Image = class {};
  globalThis.Path2D = class {
    constructor() {
      return drawing;
    }
  };
  globalThis.ResizeObserver = globalThis.IntersectionObserver = Observer;
  globalThis.getComputedStyle = () => ({ getPropertyValue: (name) => style[name] ?? "" });
  globalThis.matchMedia = () => ({ matches: true }); // less motion, please
  globalThis.requestAnimationFrame = () => 1;
  globalThis.cancelAnimationFrame = doNothing;
  return { root: new FakeElement(), style, focused: () => focused };
}

export function closePage() {
  for (const name of NAMES) delete globalThis[name];
}

/** Have an element get an event, of which only these properties are known. */
export function send(target, kind, properties) {
  target.dispatchEvent(Object.assign(new Event(kind), properties));
}

/** An array as Python sends it. */
export function base64(array) {
  return Buffer.from(array.buffer).toString("base64");
}
