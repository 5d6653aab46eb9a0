"""Lesson 3: the loss of one anchor, step by step."""

from pages.features.lessons import info_nce, lesson_page

lesson_page.draw(
    "info_nce",
    lesson_page.Exercise(
        heading="One row, by hand",
        task=(
            "cover the last steps, work out the loss of one setting yourself, and uncover. "
            "Then find the smallest angle at which the :orange[anchor] does worse than log 3, "
            "as if it could tell nothing apart."
        ),
        draw=info_nce.draw,
    ),
)
