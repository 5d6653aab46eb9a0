"""Lesson 3: the loss of one anchor, by hand."""

from pages.features.lessons import info_nce, lesson_page

lesson_page.page(
    "info_nce",
    lesson_page.Live(
        "One row, by hand",
        "cover the last steps, work out the loss of one setting yourself, and uncover. "
        "Then find the smallest angle at which the :orange[anchor] does worse than log 3, "
        "as if it could tell nothing apart.",
        info_nce.draw,
    ),
)
