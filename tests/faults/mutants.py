"""How a valid input is spoiled: bytes, texts and values, each by a seeded dice."""

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


def spoiled(data: bytes, dice: random.Random) -> bytes:
    """A file with one to six things done to its bytes."""
    for _ in range(dice.choice((1, 1, 1, 2, 3, 6))):
        data = dice.choice(_BYTES)(data, dice)
    return data


def spoiled_text(text: str, dice: random.Random) -> str:
    """A text with words put in, parts left out, doubled or swapped."""
    for _ in range(dice.choice((1, 1, 2, 4))):
        a, b = sorted(dice.randrange(len(text) + 1) for _ in range(2))
        b = min(b, a + dice.choice((0, 1, 3, 20, 400)))
        put = dice.choice((dice.choice(WORDS), text[a:b] * 2, ""))
        text = text[:a] + put + text[b:]
    return text


def spoiled_json(value: Any, dice: random.Random) -> Any:
    """A JSON value in which one to three places hold something else."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        value = _elsewhere(value, dice)
    return value


def anything(dice: random.Random) -> Any:
    """A value that nobody expects."""
    return dice.choice(WORDS) if dice.random() < 0.5 else dice.choice(VALUES)


def _elsewhere(value: Any, dice: random.Random) -> Any:
    if isinstance(value, dict) and value and dice.random() < 0.9:
        name = dice.choice(list(value))
        changed = dict(value)
        what = dice.random()
        if what < 0.1:
            del changed[name]
        elif what < 0.2:
            changed[str(anything(dice))[:60]] = changed.pop(name)
        else:
            changed[name] = _elsewhere(value[name], dice)
        return changed
    if isinstance(value, list) and value and dice.random() < 0.9:
        place = dice.randrange(len(value))
        if dice.random() < 0.1:
            return value[:place] + value[place:] * dice.choice((0, 2, 50))
        return [*value[:place], _elsewhere(value[place], dice), *value[place + 1 :]]
    if isinstance(value, str) and dice.random() < 0.4:
        return spoiled_text(value, dice)
    small = isinstance(value, int | float) and abs(value) < 1e300
    if small and dice.random() < 0.4:
        return value * dice.choice((-1, 0, 10, 1e6, 1e30, 0.5))
    return anything(dice)


def _flip(data: bytes, dice: random.Random) -> bytes:
    if not data:
        return b"\x01"
    changed = bytearray(data)
    for _ in range(dice.choice((1, 1, 4, 32))):
        changed[dice.randrange(len(changed))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def _early(data: bytes, dice: random.Random) -> bytes:
    """What counts is often said at the beginning: sizes, versions, kinds."""
    head = data[:64]
    return _flip(head, dice) + data[64:]


def _edge(data: bytes, dice: random.Random) -> bytes:
    """A largest or smallest number in place of what was there."""
    put = dice.choice(EDGES)
    reach = len(data) if dice.random() < 0.5 else min(len(data), 128)
    at = dice.randrange(reach + 1)
    return data[:at] + put + data[at + len(put) :]


def _cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def _headless(data: bytes, dice: random.Random) -> bytes:
    return data[dice.randrange(min(len(data), 64) + 1) :]


def _leave_out(data: bytes, dice: random.Random) -> bytes:
    a = dice.randrange(len(data) + 1)
    return data[:a] + data[a + dice.choice((1, 4, 100)) :]


def _double(data: bytes, dice: random.Random) -> bytes:
    a = dice.randrange(len(data) + 1)
    part = data[a : a + dice.choice((1, 8, 300))]
    return data[:a] + part * dice.choice((2, 3, 500)) + data[a + len(part) :]


def _swap(data: bytes, dice: random.Random) -> bytes:
    a, b = sorted(dice.randrange(len(data) + 1) for _ in range(2))
    size = min(dice.choice((1, 4, 64)), b - a)
    middle = data[a + size : b]
    return (
        data[:a] + data[b : b + size] + middle + data[a : a + size] + data[b + size :]
    )


def _noise(data: bytes, dice: random.Random) -> bytes:
    a = dice.randrange(len(data) + 1)
    return data[:a] + dice.randbytes(dice.choice((1, 8, 200))) + data[a:]


_BYTES = (_flip, _early, _edge, _cut, _headless, _leave_out, _double, _swap, _noise)
