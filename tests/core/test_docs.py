"""Documents: links lead somewhere, named files exist, and README.md is short."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("assets", "checkpoints", "deploy", "pages", "ssl_core", "tests", ".github")
DOCS = [
    ROOT / "README.md",
    *(p for f in FOLDERS for p in sorted((ROOT / f).rglob("*.md"))),
]
DOCS = [p for p in DOCS if not {"node_modules", ".pytest_cache"} & set(p.parts)]
README_LINES = 130

FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
LINK = re.compile(r"\]\(([^()\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.M)
CODE = re.compile(r"`([^`\n]+)`")
# A path as documents write it; <slug>, NN_slug.py, * and … stand for something else.
PATH = re.compile(r"\.?[a-z0-9_-]+(?:[/.][a-z0-9_.-]+)*/?")
SUFFIXES = (".py", ".js", ".md", ".toml", ".json", ".yaml", ".lock", ".sh", ".txt", "/")
# Made by whoever hosts the app, or named because it must not exist.
NOT_HERE = {".streamlit/secrets.toml", "secrets.toml", "utils.py"}


def name_of(path: Path) -> str:
    return path.relative_to(
        ROOT if path.is_relative_to(ROOT) else path.parent
    ).as_posix()


def prose(path: Path) -> str:
    """A document without its blocks of code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def anchors(text: str) -> set[str]:
    """The fragments that GitHub gives to headings."""
    plain = (re.sub(r"[^\w\- ]", "", h.lower()) for h in HEADING.findall(text))
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(path: Path) -> Iterator[str]:
    """Relative links of a document to a file or a heading that is not there."""
    for link in LINK.findall(prose(path)):
        name, _, fragment = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = path.parent / name if name else path
        if not target.exists():
            yield f"{name_of(path)}: {link} is no file"
        elif fragment and fragment not in anchors(prose(target)):
            yield f"{name_of(path)}: {link} is no heading"


def missing_files(path: Path) -> Iterator[str]:
    """Paths in code spans that name no file, from the document's folder or from the top."""
    for span in CODE.findall(prose(path)):
        if not (PATH.fullmatch(span) and span.endswith(SUFFIXES)):
            continue
        if span not in NOT_HERE and not any(
            (folder / span).exists() for folder in (path.parent, ROOT)
        ):
            yield f"{name_of(path)}: {span}"


def test_there_are_documents() -> None:
    names = {p.relative_to(ROOT).as_posix() for p in DOCS}
    readmes = {f"{f}/README.md" for f in ("ssl_core", "pages", "tests", "deploy")}
    assert names >= readmes | {"README.md", "assets/evidence/README.md"}


def test_every_relative_link_leads_to_a_file_or_a_heading() -> None:
    faults = [fault for path in DOCS for fault in broken_links(path)]
    assert not faults, "\n".join(faults)


def test_every_file_that_a_document_names_exists() -> None:
    faults = [fault for path in DOCS for fault in missing_files(path)]
    assert not faults, "\n".join(faults)


def test_the_readme_is_short() -> None:
    lines = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= README_LINES


def test_every_document_of_the_tree_is_linked_from_the_readme() -> None:
    links = {
        (ROOT / link).resolve() for link in LINK.findall(prose(ROOT / "README.md"))
    }
    readmes = {p for p in DOCS if p.name == "README.md"} - {ROOT / "README.md"}
    assert not readmes - links


def test_the_checks_find_what_they_look_for(tmp_path: Path) -> None:
    document = tmp_path / "a.md"
    document.write_text(
        "# One `code`, two\n[a](#one-code-two) [b](#three) [c](b.md) [d](a.md#one)\n"
        "[e](https://example.org)\n`gone.py` `a.md` `some/where/` `NN_slug.py` `x = 1.py`\n"
        "```\n[f](f.md) `f.py`\n```\n"
    )
    assert list(broken_links(document)) == [
        "a.md: #three is no heading",
        "a.md: b.md is no file",
        "a.md: a.md#one is no heading",
    ]
    assert list(missing_files(document)) == ["a.md: gone.py", "a.md: some/where/"]
