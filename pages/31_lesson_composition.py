"""Lesson 2: one augmentation alone leaves an easy way out."""

from pages.features.lessons import composition, lesson_page

lesson_page.page(
    "composition",
    lesson_page.Live(
        "Can colour alone find the partner?",
        "guess how far the bar falls before you switch Colour on. Then switch it off "
        "again, and try all the others together: how far do they get?",
        composition.draw,
    ),
)
