"""Lesson 7: what each measure sees, and what it misses."""

from pages.features.lessons import lesson_page, representations

lesson_page.page(
    "representations",
    lesson_page.Live(
        "Fool one measure, not all",
        "leave the spread looking healthy with as few directions as you can. Then "
        "make it collapse while the rank stays high.",
        representations.draw,
    ),
)
