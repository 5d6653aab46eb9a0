// All that travels with a frame: the drawing code came once, with the pictures, or is on
// its way.

export default function (component) {
  const shared = (globalThis.sslLabMap ??= { waiting: new Map() });
  const { parentElement, data } = component;
  if (shared.draw) shared.draw({ parentElement, data });
  else shared.waiting.set(parentElement, { parentElement, data });
  return () => {
    shared.waiting.delete(parentElement);
    shared.remove?.(parentElement);
  };
}
