// Loads a component's modules. Streamlit gets this text, with their URLs in it, as the
// component's code, and calls its default export at every change.

const urls = ["{urls}"]; // the entry module comes first; Python writes the list
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
    // The page's URL is the base: it contains the prefix that a proxy adds.
    return await Promise.all(urls.map((url) => import(new URL(url, document.baseURI))));
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    await new Promise((resolve) => {
      setTimeout(resolve, 1000 * attempt);
    });
    return load(attempt + 1);
  }
}
