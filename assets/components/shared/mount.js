// The life cycle of a component: one view per place on the page.
//
// Streamlit calls a component's default export whenever its data changes, always with the
// same root, and calls the function that it returned when the component leaves the page.
// Streamlit may run the clean-up of an outdated call; it must not unmount the current view.

const MOUNTED = Symbol.for("contrastive-learning.mounted-view");

/**
 * Make a component's default export out of a view.
 *
 * @param View a class with `constructor(root, data)`, `update(data, component)`, which is
 *   called right after it and on every change, and `unmount()`, which removes all that the
 *   view has added: elements, listeners, timers, observers and requests.
 */
export function mount(View) {
  return (component) => {
    const { parentElement: root, data } = component;
    // A server that was upgraded sends the new modules to a page that shows the old view.
    if (root[MOUNTED] && !(root[MOUNTED].view instanceof View)) unmount(root);
    const mounted = (root[MOUNTED] ??= { view: new View(root, data) });
    const call = (mounted.latestCall = {});
    try {
      mounted.view.update(data, component);
    } catch (error) {
      unmount(root); // Streamlit gets no clean-up of a call that fails
      throw error;
    }
    return () => {
      if (root[MOUNTED] === mounted && mounted.latestCall === call) unmount(root);
    };
  };
}

function unmount(root) {
  root[MOUNTED].view.unmount();
  delete root[MOUNTED];
}
