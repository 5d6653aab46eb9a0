// The way in: a map that stands alone, still or with a feed.

export default function (component) {
  const drawing = shared.draw(component);
  return () => shared.remove(component.parentElement, drawing);
}
