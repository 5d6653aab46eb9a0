// The frames of a run that trains: the next is asked for when the last has been drawn.

const RETRY_MS = 1000;

/**
 * Ask for one frame after the other until there are no more or `signal` aborts.
 *
 * @param url address of the frames.
 * @param signal an AbortSignal.
 * @param knownFrame a function that returns the `frame_id` of the frame that is shown.
 * @param onFrame called with each new frame.
 */
export async function followFrames(url, { signal, knownFrame, onFrame }) {
  while (!signal.aborted) {
    await pageShown(signal);
    if (signal.aborted) return;
    const frame = await fetchFrame(url, knownFrame(), signal);
    if (signal.aborted || frame === null) return;
    if (frame) onFrame(frame);
    if (frame?.over) return;
  }
}

// The frame after `known`; undefined if there is none yet, null if there will be none.
async function fetchFrame(url, known, signal) {
  try {
    const reply = await fetch(`${url}?after=${encodeURIComponent(known)}`, { signal });
    if (reply.status === 204) return undefined;
    if (reply.status === 404) return null;
    if (!reply.ok) throw new Error(reply.statusText);
    return await reply.json();
  } catch {
    await pause(RETRY_MS, signal);
    return undefined;
  }
}

// A page in the background asks for nothing.
async function pageShown(signal) {
  while (document.hidden && !signal.aborted) await event(document, "visibilitychange", signal);
}

// Resolves on the next event of this kind, or when the signal aborts.
function event(target, kind, signal) {
  return new Promise((resolve) => {
    target.addEventListener(kind, resolve, { once: true, signal });
    signal.addEventListener("abort", resolve, { once: true });
  });
}

function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
