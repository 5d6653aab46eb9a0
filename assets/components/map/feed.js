// Frames come one after the other: the next is asked for when the last has been drawn.

const RETRY_MS = 1000;

Object.assign(LiveMap.prototype, {
  async follow(feed) {
    if (feed === this.feed && !this.following?.signal.aborted) return;
    this.unfollow();
    if (!feed) return;
    this.feed = feed;
    const following = (this.following = new AbortController());
    const { signal } = following;
    try {
      while (!signal.aborted) {
        await whenShown();
        const frame = await nextFrame(feed, this.data.frame_id, signal);
        if (signal.aborted || frame === null) return;
        if (frame) this.take(frame);
        if (frame?.over) return;
      }
    } finally {
      following.abort(); // so that a later draw may follow it again
    }
  },

  unfollow() {
    this.following?.abort();
    this.feed = this.fed = null;
  },

  take(frame) {
    this.fed = frame;
    this.update({ ...this.data, ...frame });
    if (frame.state === this.pageState) return;
    this.pageState = frame.state;
    this.turned(frame.state);
  },
});

// The frame after `known`; undefined if there is none yet, null if there will be none.
async function nextFrame(feed, known, signal) {
  try {
    const reply = await fetch(`${feed}?after=${encodeURIComponent(known)}`, { signal });
    if (reply.status === 204) return undefined;
    if (reply.status === 404) return null;
    if (!reply.ok) throw new Error(reply.statusText);
    return await reply.json();
  } catch {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    return undefined;
  }
}

// A page in the background asks for nothing.
async function whenShown() {
  while (document.hidden) {
    await new Promise((resolve) => {
      document.addEventListener("visibilitychange", resolve, { once: true });
    });
  }
}
