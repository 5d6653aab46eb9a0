"""Lesson 7: what each measure of representations shows and misses."""

from pages.features.lessons import lesson_page, representations

lesson_page.draw(
    "representations",
    lesson_page.Exercise(
        heading="Fool one measure, not all",
        task=(
            "leave the spread looking healthy with as few directions as you can. Then "
            "make it collapse while the rank stays high."
        ),
        draw=representations.draw,
    ),
)
