"""Lesson 3: the loss of one anchor, by hand."""

from pages._ui.lessons import row, story

story.page(
    "info_nce",
    story.Live(
        "One row, by hand",
        "cover the last steps, work out the loss of one setting yourself, and uncover. "
        "Then find the smallest angle at which the :orange[anchor] does worse than log 3, "
        "as if it could tell nothing apart.",
        row.draw,
    ),
)
