// Loads a component's modules. Streamlit gets this text, with their URLs in it, as the
// component's code, and calls its default export at every change.

const urls = ["{urls}"]; // the entry module, then all that it imports; Python writes them
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
    const addresses = urls.map((url) => new URL(url, document.baseURI).href);
    // A browser remembers a failed import and never asks again. A fetch it can repeat, and
    // the import then finds the module in the HTTP cache.
    await Promise.all(addresses.map(fetchModule));
    return await Promise.all(addresses.map((address) => import(address)));
  } catch (error) {
    if (attempt === ATTEMPTS) throw error;
    await new Promise((resolve) => {
      setTimeout(resolve, 1000 * attempt);
    });
    return load(attempt + 1);
  }
}

async function fetchModule(address) {
  const reply = await fetch(address);
  if (!reply.ok) throw new Error(`${address}: ${reply.status}`);
  await reply.arrayBuffer(); // only a whole reply is cached
}
