// The way in. Frames come through `frame.js`, which may have been here first.

const shared = (globalThis.sslLabMap ??= { waiting: new Map() });

shared.draw = ({ parentElement: root, data }) => {
  if (!maps.has(root)) maps.set(root, new LiveMap(root, data));
  maps.get(root).update(data);
};

shared.remove = (root) => {
  maps.get(root)?.remove();
  maps.delete(root);
};

shared.waiting.forEach(shared.draw);
shared.waiting.clear();

export default function ({ data }) {
  keepImages(data);
}
