r"""The questions' Markdown as HTML for other programs, and as plain words.

Questions are written for Streamlit: Markdown with ``$\tau$`` for mathematics and
``:orange[anchor]`` for the colour of a role. Moodle and Anki know neither. Both show
HTML, and both typeset ``\(\tau\)`` and ``\[\tau\]`` with MathJax, so that is what they
get; a role keeps its word and loses its colour. Whatever is not known markup is text
and is escaped: no tag of a question's author ever becomes a tag.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape as _attribute
from html import unescape
from html.parser import HTMLParser

_COLOURS = (
    *("red", "orange", "yellow", "green", "blue", "violet", "gray", "grey"),
    *("rainbow", "primary", "small"),
)
# What stands first in a line decides, as in Markdown itself; each part is one group.
_INLINE = re.compile(
    rf"""
      \\(?P<escaped>[!-/:-@\[-`{{-~])
    | (?<!`)(?P<ticks>`++)(?P<code>(?:(?!(?P=ticks)).)+?)(?P=ticks)(?!`)
    | \$\$(?P<display>(?:\\.|[^$\\])+)\$\$
    | \$(?P<maths>(?:\\.|[^$\\])+)\$
    | :(?:{"|".join(_COLOURS)})(?:-background|-badge)?
      \[(?P<coloured>(?:\\.|\[(?:\\.|[^\[\]\\])*\]|[^\[\]\\])*)\]
    | :material/(?P<icon>[a-z0-9_]+):
    | \[(?P<label>(?:\\.|[^\[\]\\])+)\]\((?P<address>https?://[^\s()<>"]+)\)
    | \*\*(?P<strong>(?=\S)(?:(?!\*\*).)+?(?<=\S))\*\*
    | \*(?P<em>(?=[^\s*])[^*]+?(?<=[^\s*]))\*
    | (?<!\w)_(?P<em_>(?=[^\s_])[^_]+?(?<=[^\s_]))_(?!\w)
    | ~~(?P<struck>(?=\S)(?:(?!~~).)+?(?<=\S))~~
    """,
    re.VERBOSE | re.DOTALL,
)
_FENCE = re.compile(
    r"^ {0,3}(```+|~~~+)[^\n]*\n(.*?)^ {0,3}\1[`~]*[ \t]*$", re.M | re.S
)
_ITEM = re.compile(
    r"^ {0,3}(?:(?P<bullet>[-*+])|(?P<number>\d{1,9})[.)])\s+(?P<text>.+)"
)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s+(?P<text>.*?)\s*#*$")
_BLOCKS = ("<p>", "<ol>", "<ul>", "<pre>")
_TAGS = {"strong": "strong", "em": "em", "em_": "em", "struck": "s"}
# No program's line, field or document may end where an author's odd character stands.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff]")


def html(text: str) -> str:
    r"""A text as an HTML fragment in one line.

    Args:
        text: Markdown as Streamlit reads it.

    Returns:
        Only p, br, strong, em, s, code, pre, ol, ul, li and links to http addresses;
        mathematics between ``\(…\)``, displayed between ``\[…\]``. A single paragraph
        comes without its p, to stand in a list or a label. Never empty.
    """
    text = _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    blocks = list(_blocks(text))
    if len(blocks) == 1 and blocks[0][0] == "p":
        return blocks[0][1]
    made = "".join(f"<{tag}>{body}</{tag}>" for tag, body in blocks)
    return made or _escape(text.strip() or "…")


def block(text: str, label: str = "") -> str:
    """A text as paragraphs, lists and listings that may follow one another.

    Args:
        text: Markdown as Streamlit reads it.
        label: HTML that stands before it, in its line if it is a single paragraph.
    """
    fragment = html(text)
    if fragment.startswith(_BLOCKS):
        return f"<p>{label}</p>{fragment}" if label else fragment
    return f"<p>{label} {fragment}</p>" if label else f"<p>{fragment}</p>"


def plain(text: str) -> str:
    r"""A text as words in one line: what is seen of it; mathematics as ``\(…\)``."""
    return seen(html(text))


def seen(fragment: str) -> str:
    """What a reader sees of an HTML fragment, in one line."""
    reader = _Seen()
    reader.feed(fragment)
    reader.close()
    return " ".join("".join(reader.parts).split())


def listed(tag: str, items: Iterable[str]) -> str:
    """HTML fragments as an ``ol`` or ``ul``."""
    return f"<{tag}>" + "".join(f"<li>{item}</li>" for item in items) + f"</{tag}>"


def link(address: str, label: str) -> str:
    """A link, its address and plain label escaped."""
    return f'<a href="{_attribute(address)}">{_escape(label)}</a>'


class _Seen(HTMLParser):
    """Collects text; what begins a new block ends a word."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("p", "br", "li", "ol", "ul", "pre"):
            self.parts.append(" ")

    def handle_endtag(self, tag: str) -> None:
        self.handle_starttag(tag, [])


def _escape(text: str) -> str:
    return _attribute(text, quote=False)


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    """(tag, inner HTML) of each paragraph, list and listing."""
    end = 0
    for fence in _FENCE.finditer(text):
        yield from _paragraphs(text[end : fence.start()])
        lines = fence[2].rstrip("\n").split("\n")
        yield "pre", "<br>".join(_escape(line.expandtabs(4)) for line in lines)
        end = fence.end()
    yield from _paragraphs(text[end:])


def _paragraphs(text: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"\n[ \t]*(?:\n[ \t]*)+", text.strip("\n")):
        tag, lines = "p", list[str]()
        for line in block.split("\n"):
            item, heading = _ITEM.match(line), _HEADING.match(line)
            kind = ("ul" if item["bullet"] else "ol") if item else tag
            if heading or kind != tag:
                yield from _made(tag, lines)
                tag, lines = kind, []
            if heading:
                yield from _made("p", [f"**{heading['text']}**"])
                tag = "p"
            elif item:
                lines.append(item["text"])
            elif lines and tag != "p":
                lines[-1] += "\n" + line.strip()
            else:
                lines.append(line)
        yield from _made(tag, lines)


def _made(tag: str, lines: list[str]) -> Iterator[tuple[str, str]]:
    if tag == "p":
        if body := _inline("\n".join(lines).strip()).strip():
            yield "p", body
    elif lines:
        yield tag, "".join(f"<li>{_inline(line)}</li>" for line in lines)


def _inline(text: str) -> str:
    made, end = [], 0
    for match in _INLINE.finditer(text):
        made += [_words(text[end : match.start()]), _marked(match)]
        end = match.end()
    return "".join([*made, _words(text[end:])])


def _marked(match: re.Match[str]) -> str:
    kind = match.lastgroup or ""
    inner = match[kind]
    match kind:
        case "escaped":
            return _escape(inner)
        case "code":
            return f"<code>{_escape(' '.join(inner.split()))}</code>"
        case "display":
            return rf"\[{_formula(inner)}\]"
        case "maths":
            return rf"\({_formula(inner)}\)"
        case "coloured":
            return _inline(inner)
        case "icon":
            return ""
        case "address":
            label = _inline(match["label"])
            return f'<a href="{_attribute(inner)}">{label}</a>'
        case _:
            return f"<{_TAGS[kind]}>{_inline(inner)}</{_TAGS[kind]}>"


def _formula(latex: str) -> str:
    # MathJax reads the page's text, in which &lt; has become < again.
    return _escape(" ".join(latex.split()))


def _words(text: str) -> str:
    # Two spaces, or a backslash, at a line's end break it; other ends are spaces.
    lines = re.split(r"(?: {2,}|\\)\n", text)
    return "<br>".join(re.sub(r"[\n\t]", " ", _escape(unescape(s))) for s in lines)
