"""A browser tab without a browser: a client of Streamlit's websocket protocol.

What a browser does is done here: it asks for the XSRF cookie, opens ``/_stcore/stream``
with the token, asks for script runs, keeps what the messages show, repeats fragments that
refresh themselves, follows the live map's frames and fetches media files. It draws nothing.
"""

import asyncio
import contextlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlparse

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from pages.shell.learner_cookie import PREFIX

ANSWER_SECONDS = 60.0  # a page that takes longer counts as an error
RETRY_SECONDS = 1.0  # of the live map, as its front end has it
FINISHED = (
    ForwardMsg.FINISHED_SUCCESSFULLY,
    ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY,
)
KINDS = ("button", "button_group", "text_input", "text_area", "checkbox", "slider")


@dataclass
class Shown:
    """One element on the page.

    Args:
        kind: name in Streamlit's protocol, as "button" or "alert".
        body: the protocol's own message, None where a tab has no use for it.
        run: in which script run it came.
        fragment: the fragment that drew it, "" outside of one.
    """

    kind: str
    body: Any
    run: int
    fragment: str


@dataclass
class Visit:
    """One requested script run.

    Args:
        page: address of the page, as "quiz".
        seconds: from the request to the end of the script run.
        megabytes: that came meanwhile.
        errors: exceptions on the page, a run that failed or did not end.
    """

    page: str
    seconds: float
    megabytes: float
    errors: list[str]


@dataclass
class PendingRun:
    """A script run that is waited for."""

    done: asyncio.Future[None]
    begun: bool = False
    errors: list[str] = field(default_factory=list)


class Tab:
    """A tab of a browser that keeps its cookies; use it as an async context.

    Args:
        address: of the server, ``http://host:port``.
        learner: the cookie by which the app knows its learner again.
    """

    def __init__(self, address: str, learner: str) -> None:
        self.address, self.learner = address, learner
        self.shown: dict[tuple[int, ...], Shown] = {}
        self.known: dict[str, Shown] = {}  # hash -> element that is not sent again
        self.values: dict[str, WidgetState] = {}
        self.pages: dict[str, str] = {}
        self.page, self.query = "", ""
        self.received = self.frames = 0
        self.errors: list[str] = []  # beyond those of a visit: in refreshed fragments
        self._run = 0
        self._fragments: tuple[str, ...] = ()
        self._asked: PendingRun | None = None
        self._repeating: dict[str, asyncio.Task[None]] = {}
        self._following: tuple[str, asyncio.Task[None]] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._cookies = f"{PREFIX}{learner[:8]}={learner}"
        self._socket: ClientConnection | None = None

    async def __aenter__(self) -> "Tab":
        headers, _ = await self.fetch("/_stcore/health")
        token = _cookie(headers, "_streamlit_xsrf")
        self._cookies += f"; _streamlit_xsrf={token}"
        self._socket = await connect(
            self.address.replace("http", "ws", 1) + "/_stcore/stream",
            subprotocols=["streamlit", token],  # type: ignore[list-item]
            origin=self.address,  # type: ignore[arg-type]
            additional_headers={"Cookie": self._cookies},
            max_size=None,
            compression=None,
            open_timeout=ANSWER_SECONDS,
        )
        self._begin(self._listen(self._socket))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._quiet()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._socket:
            await self._socket.close()

    # --- what a learner does -----------------------------------------------------------

    async def visit(self, page: str, query: str = "") -> Visit:
        """Open a page by its address, "" is the first one."""
        self.query = query
        named = self.pages.get(page, "")
        return await self._ask(page, page_script_hash=named, page_name=page)

    async def press(self, button: Shown) -> Visit:
        """Press a button."""
        pressed = WidgetState(id=button.body.id, trigger_value=True)
        return await self._ask(self.page, button.fragment, pressed)

    async def double_click(self, first: Shown, second: Shown) -> Visit:
        """Press two buttons, the second one before the first is answered."""
        pressed = WidgetState(id=first.body.id, trigger_value=True)
        await self._send(first.fragment, pressed)
        return await self.press(second)

    def write(self, entry: Shown, text: str) -> None:
        """Fill a field of a form; its button sends it."""
        self.values[entry.body.id] = WidgetState(id=entry.body.id, string_value=text)

    def all(self, kind: str) -> list[Shown]:
        """Every element of a kind, from top to bottom."""
        found = [(path, e) for path, e in self.shown.items() if e.kind == kind]
        return [element for _, element in sorted(found, key=lambda pair: pair[0])]

    def button(self, key: str) -> Shown | None:
        """The button with a user key, None if there is none or it is disabled."""
        for one in self.all("button"):
            if one.body.id.endswith(f"-{key}") and not one.body.disabled:
                return one
        return None

    def data(self, component: str) -> dict[str, Any]:
        """What a component of the app's own was given, empty if it is not there."""
        for one in self.all("bidi_component"):
            if one.body.component_name.endswith(component):
                return dict(json.loads(one.body.json or one.body.mixed.json))
        return {}

    def complaints(self) -> list[str]:
        """Red boxes on the page."""
        return [a.body.body for a in self.all("alert") if a.body.format == a.body.ERROR]

    async def fetch(self, path: str) -> tuple[list[str], bytes]:
        """GET a path of the server; its header lines, status first, and its body."""
        at = urlparse(self.address)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        try:
            asked = f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nConnection: close\r\n"
            writer.write(f"{asked}Cookie: {self._cookies}\r\n\r\n".encode())
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        lines = head.decode("latin-1").split("\r\n")
        chunked = any("transfer-encoding: chunked" in x.lower() for x in lines)
        return lines, b"".join(_chunks(body)) if chunked else body

    # --- the protocol ------------------------------------------------------------------

    async def _ask(
        self,
        page: str,
        fragment: str = "",
        pressed: WidgetState | None = None,
        **place: str,
    ) -> Visit:
        asked = self._asked = PendingRun(asyncio.get_running_loop().create_future())
        began, before = time.monotonic(), self.received
        try:
            await self._send(fragment, pressed, **place)
            await asyncio.wait_for(asked.done, ANSWER_SECONDS)
        except TimeoutError:
            asked.errors.append(f"no end within {ANSWER_SECONDS:g} s")
        except ConnectionClosed as problem:
            asked.errors.append(f"the connection was closed ({problem})")
        self._asked = None
        seconds, bulk = time.monotonic() - began, (self.received - before) / 1e6
        return Visit(page, seconds, bulk, asked.errors)

    async def _send(
        self,
        fragment: str = "",
        pressed: WidgetState | None = None,
        by_itself: bool = False,
        **place: str,
    ) -> None:
        message = BackMsg()
        state = message.rerun_script
        state.query_string, state.fragment_id = self.query, fragment
        state.is_auto_rerun = by_itself
        state.page_script_hash = place.get(
            "page_script_hash", self.pages.get(self.page, "")
        )
        state.page_name = place.get("page_name", "")
        state.cached_message_hashes.extend(self.known)
        state.context_info.timezone, state.context_info.locale = "UTC", "en-US"
        state.context_info.url = f"{self.address}/{self.page}"
        on_page = {e.body.id for e in self.shown.values() if e.kind in KINDS}
        held = [value for ident, value in self.values.items() if ident in on_page]
        state.widget_states.widgets.extend([*held, *filter(None, [pressed])])
        assert self._socket is not None
        await self._socket.send(message.SerializeToString())

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for data in socket:
                self.received += len(data)
                message = ForwardMsg()
                message.ParseFromString(data)  # type: ignore[arg-type]
                self._take(message)
        except ConnectionClosed:
            pass
        if self._asked and not self._asked.done.done():
            self._asked.errors.append("the server closed the connection")
            self._asked.done.set_result(None)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind in ("delta", "ref_hash"):
            self._draw(message)
        elif kind == "new_session":
            self._fragments = tuple(message.metadata.run.fragment_ids)
            self._run += 1
            if not self._fragments:
                self._quiet(maps=False)
            if self._asked:
                self._asked.begun = True
        elif kind == "script_finished":
            self._end(message.script_finished)
        elif kind == "navigation":
            known = message.navigation.app_pages
            self.pages = {p.url_pathname: p.page_script_hash for p in known}
            shown = message.navigation.page_script_hash
            self.page = next((n for n, h in self.pages.items() if h == shown), "")
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "page_not_found":
            self._complain("the server knows no such page")
        elif kind == "auto_rerun":
            rerun = message.auto_rerun
            self._repeat(rerun.fragment_id, rerun.interval)

    def _draw(self, message: ForwardMsg) -> None:
        path, digest = tuple(message.metadata.delta_path), message.ref_hash
        if digest:
            before = self.known.get(digest)
            if before is None:
                return self._complain("the server refers to what it never sent")
            shown = Shown(before.kind, before.body, self._run, before.fragment)
        elif message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            kind = element.WhichOneof("type") or "empty"
            kept = kind in (*KINDS, "alert", "exception", "bidi_component", "imgs")
            body = getattr(element, kind) if kept else None
            shown = Shown(kind, body, self._run, message.delta.fragment_id)
            if message.metadata.cacheable:
                self.known[message.hash] = shown
        else:
            return None
        self.shown[path] = shown
        if shown.kind == "exception":
            self._complain(f"{shown.body.type}: {shown.body.message}")
        elif shown.kind in KINDS:
            self._settle(shown)
        elif shown.kind == "imgs" and not digest:
            for image in shown.body.imgs:
                if image.url.startswith("/media/"):
                    self._begin(self._load(image.url))
        return None

    def _settle(self, shown: Shown) -> None:
        """Give a new field the value that a browser would report back for it."""
        body, state = shown.body, WidgetState(id=shown.body.id)
        if shown.kind in ("button", "button_group") or (
            body.id in self.values and not body.set_value
        ):
            return
        if shown.kind == "checkbox":
            state.bool_value = body.value if body.set_value else body.default
        elif shown.kind in ("text_input", "text_area"):
            state.string_value = body.value if body.set_value else body.default
        elif not body.options:  # a slider of numbers
            state.double_array_value.data[:] = (
                body.value if body.set_value else body.default
            )
        else:
            return  # the server keeps what it has
        self.values[body.id] = state

    def _end(self, status: int) -> None:
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._complain("the script cannot be compiled")
        elif status not in FINISHED:
            return  # another run follows
        of_run = self._fragments
        self.shown = {
            path: e
            for path, e in self.shown.items()
            if e.run == self._run or (of_run and e.fragment not in of_run)
        }
        if not of_run:
            self._follow(self.data("ssl_lab_map").get("frames_url"))
        if self._asked and self._asked.begun and not self._asked.done.done():
            self._asked.done.set_result(None)

    def _complain(self, what: str) -> None:
        (self._asked.errors if self._asked else self.errors).append(what)

    # --- what goes on by itself --------------------------------------------------------

    def _repeat(self, fragment: str, seconds: float) -> None:
        async def beat() -> None:
            while True:
                await asyncio.sleep(seconds)
                with contextlib.suppress(ConnectionClosed):
                    await self._send(fragment, by_itself=True)

        if old := self._repeating.pop(fragment, None):
            old.cancel()
        self._repeating[fragment] = self._begin(beat())

    def _follow(self, url: str | None) -> None:
        """Request the frames of the live map, one after the other."""
        if self._following and self._following[0] == url:
            return
        if self._following:
            self._following[1].cancel()
        self._following = (url, self._begin(self._frames(url))) if url else None

    async def _frames(self, url: str) -> None:
        known, state = "none", None
        while True:
            try:
                head, body = await self.fetch(f"/{url}?after={known}")
            except OSError:
                head, body = ["HTTP/1.1 000"], b""
            status = head[0].split(" ")[1] if " " in head[0] else "000"
            if status == "404":
                return
            if status == "200":
                frame = json.loads(body)
                known, self.frames = frame["frame_id"], self.frames + 1
                if state not in (None, frame["state"]):
                    await self._send()  # the map reports another state of its run
                state = frame["state"]
                if frame["over"]:
                    return
            elif status != "204":
                await asyncio.sleep(RETRY_SECONDS)

    async def _load(self, url: str) -> None:
        head, body = await self.fetch(url)
        self.received += len(body)
        if " 200 " not in head[0]:
            self.errors.append(f"{url}: {head[0]}")

    def _quiet(self, maps: bool = True) -> None:
        for task in self._repeating.values():
            task.cancel()
        self._repeating = {}
        if maps:
            self._follow(None)

    def _begin(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _cookie(headers: list[str], name: str) -> str:
    for line in headers:
        key, _, value = line.partition(":")
        if key.lower() == "set-cookie" and value.strip().startswith(f"{name}="):
            return value.strip().partition("=")[2].partition(";")[0].strip('"')
    raise AssertionError(f"the server sets no cookie {name}: {headers}")


def _chunks(body: bytes) -> Iterator[bytes]:
    while body:
        size, _, rest = body.partition(b"\r\n")
        count = int(size or b"0", 16)
        yield rest[:count]
        body = rest[count + 2 :] if count else b""
