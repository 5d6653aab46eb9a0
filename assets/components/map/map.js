// The way in. A page may load this module more than once: the first copy serves every map.

const shared = (globalThis.sslLabMap ??= { waiting: [] });

shared.keep ??= keepImages;
shared.draw ??= ({ parentElement: root, data, setTriggerValue }) => {
  if (!maps.has(root)) maps.set(root, new LiveMap(root, data));
  const map = maps.get(root);
  map.turned = (state) => setTriggerValue("turned", state);
  map.pageState = data.state;
  map.update(data);
  map.follow(data.feed);
};
shared.remove ??= (root) => {
  maps.get(root)?.remove();
  maps.delete(root);
};
shared.waiting.splice(0).forEach(shared.keep);

export default function (component) {
  shared.draw(component);
  return () => shared.remove(component.parentElement);
}
