"""Evidence as Markdown, for ``assets/evidence/README.md``."""

from collections.abc import Iterable, Sequence

from ssl_core.experiments.evidence import Evidence


def document(found: Iterable[Evidence]) -> str:
    """An overview of experiments, then each with its statements and its numbers."""
    found = list(found)
    rows = [
        (f"[`{slug}`](#{slug})", e.tally, str(len(e.arms)), str(len(e.seeds)))
        for e in found
        for slug in (e.experiment.slug,)
    ]
    overview = table(("Experiment", "Verdicts", "Arms", "Seeds"), rows)
    return "\n\n".join([overview, *map(section, found)])


def section(evidence: Evidence) -> str:
    """One experiment: its claim, the verdict on each statement, and all arms."""
    one, about = evidence.experiment, evidence.about
    effects = table(
        ("Verdict", "Statement", "Effect", "Required", "n"),
        [
            (
                e.verdict,
                e.sentence,
                str(e.size),
                f"more than {e.least:g}",
                str(e.size.n),
            )
            for e in evidence.effects
        ],
    )
    made_by = (
        f"Made by `{about['command']}`: {about['date']}, commit `{about['commit']}`, "
        f"{about['device']}, {about['precision']}, torch {about['versions']['torch']}."
    )
    numbers = f"<details><summary>All arms</summary>\n\n{arms(evidence)}\n\n</details>"
    diverged = " ".join(evidence.diverged)
    parts = (
        f"### {one.slug}",
        one.claim,
        effects,
        diverged,
        one.note,
        numbers,
        made_by,
    )
    return "\n\n".join(part for part in parts if part)


def arms(evidence: Evidence) -> str:
    """Each arm's numbers; arms are columns where there are fewer arms than quantities."""
    numbers = {n: q for n, q in evidence.experiment.quantities.items() if not q.series}
    rows = [[str(evidence.at(arm, n) or "–") for n in numbers] for arm in evidence.arms]
    labels, names = [q.label for q in numbers.values()], list(evidence.arms)
    corner = "Arm"
    if len(names) < len(labels):
        rows = [list(column) for column in zip(*rows, strict=True)]
        labels, names, corner = names, labels, "Quantity"
    named = [[name, *row] for name, row in zip(names, rows, strict=True)]
    return table([corner, *labels], named)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown; a vertical bar in a cell is escaped."""
    bar = r"\|"
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', bar) for cell in line)} |" for line in lines
    )
