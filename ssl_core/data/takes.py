"""What was said and who said it, read from the names of recordings."""

import re
from collections.abc import Sequence
from pathlib import PurePosixPath

import torch

from ssl_core.data.base import Factor
from ssl_core.data.files import Skipped
from ssl_core.data.folder import class_names

NAME = re.compile(r"(?P<label>.+)_(?P<speaker>[^_]+)_\d+")
WRONG_NAME = "its name is not <label>_<speaker>_<take number>"

Names = Sequence[str | None]


def known(names: Sequence[str]) -> tuple[list[int], dict[str, Factor], Skipped]:
    """What the names of recordings tell of them.

    Args:
        names: file names with "/" between the parts.

    Returns:
        The rows to keep, the factors said and speaker of these rows as far as they are
        known, and the names of the other rows with the reason.
    """
    told = said_and_speaker(names)
    if told is None:
        return list(range(len(names))), {}, []
    labels, speakers, reason = told
    rows = [row for row, label in enumerate(labels) if label is not None]
    strays = [(n, reason) for n, la in zip(names, labels, strict=True) if la is None]
    factors = {}
    for name, values in (("said", labels), ("speaker", speakers)):
        of_rows = [value for row in rows if (value := values[row]) is not None]
        if len(set(of_rows)) > 1:  # one value for all tells nothing apart
            factors[name] = _factor(of_rows)
    return rows, factors, strays


def said_and_speaker(names: Sequence[str]) -> tuple[Names, Names, str] | None:
    """Label and speaker of each file, read from its name or else its folder.

    Args:
        names: file names with "/" between the parts.

    Returns:
        A label and a speaker per name and why a name has no label, if it has none; or
        None if most names tell nothing.
    """
    found = [NAME.fullmatch(PurePosixPath(name).stem) for name in names]
    folders = class_names(names)
    # Some collections number their files in this form: a folder has to agree.
    agreed = [
        match is not None and (folders is None or folders[row] in match.groups())
        for row, match in enumerate(found)
    ]
    if names and 2 * sum(agreed) >= len(names):
        labels = [match["label"] if match else None for match in found]
        return (
            labels,
            [match["speaker"] if match else None for match in found],
            WRONG_NAME,
        )
    if folders is None:
        return None
    return folders, [None] * len(names), "outside the label folders"


def _factor(values: Sequence[str]) -> Factor:
    names = tuple(sorted(set(values)))
    index = {name: i for i, name in enumerate(names)}
    return Factor(torch.tensor([index[v] for v in values]), "class", names)
