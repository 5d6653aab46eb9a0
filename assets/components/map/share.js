// A page may load these files more than once: the first copy serves every map.

const shared = (globalThis.sslLabMap ??= { waiting: [] });

shared.keep ??= keepImages;
shared.draw ??= ({ parentElement: root, data, setTriggerValue }) => {
  if (!maps.has(root)) maps.set(root, new LiveMap(root, data));
  const map = maps.get(root);
  map.turned = (state) => setTriggerValue("turned", state);
  map.pageState = data.state;
  // A script run takes longer than a frame: what came by the feed is newer.
  map.update(data.feed && data.feed === map.feed ? { ...data, ...map.fed } : data);
  map.follow(data.feed);
  return (map.drawing = {});
};
// A late clean-up of an earlier draw must leave the later one alone.
shared.remove ??= (root, drawing) => {
  const own = maps.get(root);
  if (!own || own.drawing !== drawing) return;
  own.remove();
  maps.delete(root);
};
shared.waiting.splice(0).forEach(shared.keep);
