// Loads a component's modules. Streamlit gets this text, with the addresses in it, as the
// component's code, and calls its default export at every change.

const addresses = ["{addresses}"]; // the entry module comes first; Python writes the list
const ATTEMPTS = 4;
let loading;

export default async function (component) {
  loading ??= load().catch((error) => {
    loading = undefined; // another place on the page may try again
    throw error;
  });
  const [{ default: show }] = await loading;
  return show(component);
}

// Streamlit gives a component up at its first error, so a short failure is waited out.
async function load(attempt = 1) {
  try {
    // The page's own address is the base: it holds what a proxy puts before ours.
    return await Promise.all(
      addresses.map((address) => import(new URL(address, document.baseURI))),
    );
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    await new Promise((resolve) => {
      setTimeout(resolve, 1000 * attempt);
    });
    return load(attempt + 1);
  }
}
