"""Links with invalid parameters, to every page."""

import random
from typing import Any
from urllib.parse import urlencode

from tests.load.learner import Learner, Log
from tests.load.scenarios import clicks, learner
from tests.load.server import Server
from tests.load.tab import KINDS

OWN = [
    "q",
    "mixed",
    "review",
    "lesson",
    "concept",
    "difficulty",
    "kind",
    "count",
    "exam",
    "seed",
    "case",
    "key",
    "data",
]
WORDS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "nan",
        "inf",
        "true",
        "None",
        "9" * 400,
        "x" * 5_000,
    ),
    *(
        "../../etc/passwd",
        "<script>alert(1)</script>",
        "%00",
        "\u202e",
        "é",
        "[]",
        "{}",
    ),
    *(
        "1,2,,3",
        "shapes",
        "upload",
        "simclr",
        "byol",
        "sound",
        "voices",
        "[x](y)",
        "$x$",
    ),
)


async def links(server: Server, *, count: int, seed: int) -> dict[str, Any]:
    """Open ``count`` links; a page may warn, but must not fail."""
    log, rng, names = Log(), random.Random(seed), set(OWN)
    async with learner(server, log, 0, (0, 0)) as first:
        pages = sorted(first.tab.pages)
        for page in pages:
            await first.open(page)
            names |= bound(first)
    known = sorted(names)
    opened = 0
    while opened < count:
        # Some of it is remembered: a few links in one tab, then a new learner.
        async with learner(server, log, opened, (0, 0)) as one:
            for _ in range(min(5, count - opened)):
                query = {
                    n: rng.choice(WORDS) for n in rng.sample(known, rng.randint(1, 5))
                }
                before = len(log.errors)
                log.note(await one.tab.visit(rng.choice(pages), urlencode(query)))
                log.errors[before:] = [f"{e} at {query}" for e in log.errors[before:]]
                opened += 1
    return {
        "links": opened,
        "parameters": len(known),
        "clicks": clicks(log.visits),
        "errors": log.errors,
    }


def bound(one: Learner) -> set[str]:
    """The URL parameters of the widgets on the page."""
    shown = [
        e for e in one.tab.shown.values() if e.kind in KINDS and e.kind != "button"
    ]
    return {e.body.query_param_key for e in shown} - {""}
