"""Lesson 7: what each measure sees, and what it misses."""

from pages._ui.lessons import directions, story

story.page(
    "representations",
    story.Live(
        "Fool one measure, not all",
        "leave the spread looking healthy with as few directions as you can. Then "
        "make it collapse while the rank stays high.",
        directions.draw,
    ),
)
