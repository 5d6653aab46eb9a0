// The frames of a run that trains: each is requested when the last has been drawn.

const RETRY_MS = 1000;

/**
 * Request one frame after the other until there are no more or `signal` aborts.
 *
 * @param url of the frames.
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

// A page in the background sends no requests.
async function pageShown(signal) {
  while (document.hidden && !signal.aborted) {
    await until(signal, (finish, finished) => {
      document.addEventListener("visibilitychange", finish, { signal: finished });
    });
  }
}

function pause(milliseconds, signal) {
  return until(signal, (finish, finished) => {
    const timer = setTimeout(finish, milliseconds);
    finished.addEventListener("abort", () => clearTimeout(timer));
  });
}

/**
 * Wait until something calls `finish`, or the signal aborts.
 *
 * @param start called with `finish` and a signal that aborts as soon as the wait is over.
 */
function until(signal, start) {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const over = new AbortController();
    const finish = () => {
      over.abort();
      resolve();
    };
    signal.addEventListener("abort", finish, { signal: over.signal });
    start(finish, over.signal);
  });
}
