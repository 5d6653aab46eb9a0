"""Lesson 2: one augmentation alone leaves a shortcut."""

from pages.features.lessons import composition, lesson_page

lesson_page.draw(
    "composition",
    lesson_page.Exercise(
        heading="Can colour alone find the partner?",
        task=(
            "guess how far the bar falls before you switch Colour on. Then switch it off "
            "again, and try all the others together: how far do they get?"
        ),
        draw=composition.draw,
    ),
)
