// The way in. A page may load this module more than once: the first copy serves every lab.

const shared = (globalThis.sslLabByHand ??= {});
const labs = (shared.labs ??= new Map()); // shadow root -> Lab

shared.draw ??= ({ parentElement: root, data, setStateValue }) => {
  if (!labs.has(root)) labs.set(root, new Lab(root, data));
  const lab = labs.get(root);
  lab.tell = (moved) => setStateValue("moved", moved);
  lab.update(data);
  return (lab.drawing = {});
};
// A late clean-up of an earlier draw must leave the later one alone.
shared.remove ??= (root, drawing) => {
  const own = labs.get(root);
  if (!own || own.drawing !== drawing) return;
  own.remove();
  labs.delete(root);
};

export default function (component) {
  const drawing = shared.draw(component);
  return () => shared.remove(component.parentElement, drawing);
}
