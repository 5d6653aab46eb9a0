// The way in. A page may load this module more than once: the first copy serves every matrix.

const shared = (globalThis.sslLabMatrix ??= { sheets: new Map(), matrices: new Map() });

shared.draw ??= ({ parentElement: root, data, setTriggerValue }) => {
  if (!shared.matrices.has(root)) shared.matrices.set(root, new SimilarityCanvas(root));
  const matrix = shared.matrices.get(root);
  matrix.tell = (cell) => setTriggerValue("chosen", cell);
  matrix.update(data);
  return (matrix.drawing = {});
};
// A late clean-up of an earlier draw must leave the later one alone.
shared.remove ??= (root, drawing) => {
  const own = shared.matrices.get(root);
  if (!own || own.drawing !== drawing) return;
  own.remove();
  shared.matrices.delete(root);
};

export default function (component) {
  const drawing = shared.draw(component);
  return () => shared.remove(component.parentElement, drawing);
}
