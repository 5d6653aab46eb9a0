"""Texts and numbers about a cell of the similarity matrix."""

from collections.abc import Sequence

from ssl_core.similarity import Cell, SimilarityMatrix

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def view_name(index: int) -> str:
    """The name of a view: rows 0 and 1 are 1a and 1b, the views of the first image."""
    return f"{index // 2 + 1}{'ab'[index % 2]}"


def format_number(value: float) -> str:
    """A number with four digits: "0.1234", "1.234 × 10⁻⁵"."""
    digits, _, power = f"{value:#.4g}".partition("e")
    mantissa = digits.rstrip(".").replace("-", "−")
    if not power:
        return mantissa
    return f"{mantissa} × 10{str(int(power)).translate(_SUPERSCRIPTS)}"


def format_percent(fraction: float) -> str:
    """A fraction in [0, 1] as a percentage; with two decimals below 1 %."""
    if 0 < fraction < 5e-5:
        return "under 0.01 %"
    return f"{100 * fraction:.{1 if fraction >= 0.0095 else 2}f} %"


def title(matrix: SimilarityMatrix) -> str:
    """The title of the matrix."""
    n = len(matrix) // 2
    return (
        f"{n} images, {2 * n} views: NT-Xent of this batch is {matrix.loss:.3f} nats "
        f"at τ = {matrix.temperature:g}"
    )


def alt(matrix: SimilarityMatrix, cell: Cell) -> str:
    """The alternative text of the matrix."""
    partners = matrix.cosines[matrix.is_partner].mean().item()
    others = matrix.cosines[matrix.is_negative].mean().item()
    return (
        f"Similarity matrix of {len(matrix)} views. Partners' cosine "
        f"{_format_cosine(partners)} on average, all other pairs {_format_cosine(others)}. "
        f"Chosen: row {view_name(cell.anchor)}, column {view_name(cell.other)}, "
        f"cosine {_format_cosine(cell.cosine)}."
    )


def _format_cosine(value: float) -> str:
    return f"{round(value, 2) + 0:.2f}"  # + 0: no minus before a zero


def cell_description(matrix: SimilarityMatrix, cell: Cell) -> str:
    """What this cell does to the loss, in Markdown with the roles' colours."""
    i, j = view_name(cell.anchor), view_name(cell.other)
    candidates = len(matrix) - 1
    if cell.role == "self":
        return (
            f"**The diagonal.** :orange[**{i}**] with itself: the cosine is 1 whatever "
            "the encoder has learned, because every vector points the way it points. "
            "That tells nothing, so the loss masks the cell out: this row has "
            f"{candidates} candidates, not {candidates + 1}."
        )
    weight = format_percent(cell.weight)
    if cell.role == "positive":
        return (
            f"**A positive.** :orange[**{i}**] and :green[**{j}**] are two views of one "
            f"picture. The row gives its partner **{weight}** (even would "
            f"be {format_percent(1 / candidates)}), and the anchor's loss is the −log of "
            "that. This pair is pulled together as hard as all "
            f"{candidates - 1} :red[negatives] together are pushed away."
        )
    partner = matrix.weights[cell.anchor, matrix.partner[cell.anchor]].item()
    more = "more" if cell.weight > partner else "less"
    return (
        f"**A negative.** :red[**{j}**] comes from another picture than "
        f":orange[**{i}**], and that is all the loss knows. The row gives it "
        f"**{weight}**, {more} than the :green[partner]'s "
        f"{format_percent(partner)}. Of all pushing on this anchor "
        f"{format_percent(cell.share)} is this pair's: {_rank(matrix, cell)}."
    )


def _rank(matrix: SimilarityMatrix, cell: Cell) -> str:
    """The cell's place among the negatives of its anchor, by share of the push."""
    harder = int((matrix.shares[cell.anchor] > cell.share).sum())
    count = len(matrix) - 2
    if not harder:
        return f"the hardest of its {count} negatives"
    return f"number {harder + 1} of its {count} negatives"


def table(matrix: SimilarityMatrix, cell: Cell) -> str:
    """A Markdown table of the steps from the dot product to the gradient."""
    batch = (
        f"Batch’s loss: mean of {len(matrix)} rows",
        f"{format_number(matrix.loss)} nats",
    )
    if cell.role == "self":
        masked = "softmax, loss, gradient", "masked out"
        return _as_table(
            [("Cosine: dot product", format_number(cell.cosine)), masked, batch]
        )
    tau, weight = f"{matrix.temperature:g}", format_number(cell.weight)
    partner = matrix.weights[cell.anchor, matrix.partner[cell.anchor]].item()
    total = format_number(matrix.row_sum(cell.anchor))
    is_partner = 1 if cell.role == "positive" else 0
    effect = "pulls" if cell.gradient < 0 else "pushes"
    return _as_table(
        [
            ("Cosine: dot product", format_number(cell.cosine)),
            (f"÷ τ = {tau}", format_number(cell.logit)),
            ("exp", format_number(cell.exp)),
            (f"÷ row’s sum {total}: softmax", f"**{weight}**"),
            (
                f"Row’s loss: −log {format_number(partner)}",
                f"{format_number(cell.loss)} nats",
            ),
            ("This pair’s share of it", _share(cell)),
            (
                f"Gradient: ({weight} − {is_partner}) ÷ {tau}",
                f"**{format_number(cell.gradient)}** {effect}",
            ),
            ("On the sphere: × √(1 − cosine²)", format_number(cell.turn)),
            batch,
        ]
    )


def _share(cell: Cell) -> str:
    if cell.role == "positive":
        return "none, it is the yardstick"
    return f"{format_percent(cell.share)}: {format_number(cell.share * cell.loss)} nats"


def _as_table(rows: Sequence[tuple[str, str]]) -> str:
    lines = ["| Step | This cell |", "|---|--:|"]
    return "\n".join([*lines, *(f"| {name} | {value} |" for name, value in rows)])


def label_text(
    matrix: SimilarityMatrix, cell: Cell, classes: Sequence[str], same: int, factor: str
) -> str:
    """The hidden labels of this cell and its row.

    Args:
        matrix: of the batch.
        cell: the chosen one.
        classes: the class of each view.
        same: how many of this anchor's negatives are of its class.
        factor: name of the factor that holds the classes: "shape".
    """
    i, j = view_name(cell.anchor), view_name(cell.other)
    negatives = len(matrix) - 2
    count = (
        f"Of this anchor's {negatives} negatives **{same}** show the same {factor} "
        f"({classes[cell.anchor]}): false negatives. Training never saw these labels."
    )
    if cell.role != "negative":
        return count
    if classes[cell.anchor] == classes[cell.other]:
        return (
            f"{i} and {j} both show **{classes[cell.other]}**: you would call them "
            f"alike, the loss pushes them apart. {count}"
        )
    return (
        f"{i} shows **{classes[cell.anchor]}**, {j} **{classes[cell.other]}**. {count}"
    )


PREDICTIONS = {
    "The least alike": "least",
    "All alike": "even",
    "The most alike": "most",
}


def feedback(guess: str, matrix: SimilarityMatrix) -> str:
    """The answer to a prediction, with the numbers of this batch."""
    strongest, weakest = matrix.extremes()
    count = len(matrix) - 2
    measured = (
        f"In this batch at τ = {matrix.temperature:g} an anchor's most alike negative "
        f"carries {format_percent(strongest)} of all push on it, its least alike "
        f"{format_percent(weakest)}; even would be {format_percent(1 / count)}."
    )
    if guess == "most":
        return (
            f"**Yes.** A negative pushes with its softmax weight, and that grows with "
            f"the cosine. {measured}"
        )
    if guess == "least":
        return (
            "**The other way round.** What is already far away has next to no weight "
            f"left in the softmax, so the loss lets it be. {measured}"
        )
    return (
        "**Only at a high temperature.** There all weights become alike; the lower τ, "
        f"the more the most alike ones push alone. {measured}"
    )
