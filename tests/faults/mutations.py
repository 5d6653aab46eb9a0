"""Mutations of valid inputs for fuzzing: bytes, texts and JSON values, each seeded."""

import random
from typing import Any

EDGES = (b"\x00", b"\xff", b"\x7f\xff\xff\xff", b"\xff" * 4, b"\xff" * 8, b"\x80\x00")
WORDS = (
    *(
        "",
        " ",
        "0",
        "-1",
        "1e999",
        "-1e308",
        "1e-320",
        "NaN",
        "Infinity",
        "true",
        "null",
    ),
    *("None", "0x10", "1_000", "٣", "½", "9" * 400, "1" * 5000, "[]", "{}", '"', "'"),
    *(
        "\x00",
        "\n",
        "\r\n",
        "\u202e",
        "\ud800",
        "é" * 50,
        "🎲",
        "<script>alert(1)</script>",
    ),
    *("../../etc/passwd", "/etc/passwd", "C:\\x", "~", "%00", "%s%n", "{0.__class__}"),
    *("__proto__", "shapes", "simclr", "[[[[", "$(id)", "a" * 20_000, "-0.0", "1,2,,3"),
)
VALUES = (
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, -0.0),
    *(1e308, 1e-320, float("nan"), float("inf"), float("-inf")),
    *([], {}, [None], [[]], {"": ""}, {"crop": 0.5}, {"crop": "x"}, (1, 2), b"x"),
)


def mutated(data: bytes, rng: random.Random) -> bytes:
    """A file with one to six things done to its bytes."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        data = rng.choice(_BYTES)(data, rng)
    return data


def mutated_text(text: str, rng: random.Random) -> str:
    """A text with words put in, parts left out, doubled or swapped."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        a, b = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + rng.choice((0, 1, 3, 20, 400)))
        put = rng.choice((rng.choice(WORDS), text[a:b] * 2, ""))
        text = text[:a] + put + text[b:]
    return text


def mutated_json(value: Any, rng: random.Random) -> Any:
    """A JSON value in which one to three places hold something else."""
    for _ in range(rng.choice((1, 1, 2, 3))):
        value = _elsewhere(value, rng)
    return value


def anything(rng: random.Random) -> Any:
    """A value that nobody expects."""
    return rng.choice(WORDS) if rng.random() < 0.5 else rng.choice(VALUES)


def _elsewhere(value: Any, rng: random.Random) -> Any:
    if isinstance(value, dict) and value and rng.random() < 0.9:
        name = rng.choice(list(value))
        changed = dict(value)
        what = rng.random()
        if what < 0.1:
            del changed[name]
        elif what < 0.2:
            changed[str(anything(rng))[:60]] = changed.pop(name)
        else:
            changed[name] = _elsewhere(value[name], rng)
        return changed
    if isinstance(value, list) and value and rng.random() < 0.9:
        place = rng.randrange(len(value))
        if rng.random() < 0.1:
            return value[:place] + value[place:] * rng.choice((0, 2, 50))
        return [*value[:place], _elsewhere(value[place], rng), *value[place + 1 :]]
    if isinstance(value, str) and rng.random() < 0.4:
        return mutated_text(value, rng)
    small = isinstance(value, int | float) and abs(value) < 1e300
    if small and rng.random() < 0.4:
        return value * rng.choice((-1, 0, 10, 1e6, 1e30, 0.5))
    return anything(rng)


def _flip(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return b"\x01"
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 4, 32))):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _early(data: bytes, rng: random.Random) -> bytes:
    """What counts is often said at the beginning: sizes, versions, kinds."""
    head = data[:64]
    return _flip(head, rng) + data[64:]


def _edge(data: bytes, rng: random.Random) -> bytes:
    """A largest or smallest number in place of what was there."""
    put = rng.choice(EDGES)
    reach = len(data) if rng.random() < 0.5 else min(len(data), 128)
    at = rng.randrange(reach + 1)
    return data[:at] + put + data[at + len(put) :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data) + 1)]


def _headless(data: bytes, rng: random.Random) -> bytes:
    return data[rng.randrange(min(len(data), 64) + 1) :]


def _leave_out(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + data[a + rng.choice((1, 4, 100)) :]


def _double(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    part = data[a : a + rng.choice((1, 8, 300))]
    return data[:a] + part * rng.choice((2, 3, 500)) + data[a + len(part) :]


def _swap(data: bytes, rng: random.Random) -> bytes:
    a, b = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    size = min(rng.choice((1, 4, 64)), b - a)
    middle = data[a + size : b]
    return (
        data[:a] + data[b : b + size] + middle + data[a : a + size] + data[b + size :]
    )


def _noise(data: bytes, rng: random.Random) -> bytes:
    a = rng.randrange(len(data) + 1)
    return data[:a] + rng.randbytes(rng.choice((1, 8, 200))) + data[a:]


_BYTES = (_flip, _early, _edge, _cut, _headless, _leave_out, _double, _swap, _noise)
