// Hands pictures and factors to the maps of the page, or leaves them for the first map.

export default function ({ data }) {
  const shared = (globalThis.sslLabMap ??= { waiting: [] });
  if (shared.keep) shared.keep(data);
  else shared.waiting.push(data);
}
