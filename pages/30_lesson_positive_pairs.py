"""Lesson 1: what makes two pictures a positive pair."""

from pages.features.lessons import lesson_page, positive_pairs

lesson_page.draw(
    "positive_pairs",
    lesson_page.Exercise(
        heading="Two views, made as you watch",
        task=(
            "switch everything off but Crop and roll a few times. What do both views of "
            "a row still share? Each answer is a cue that the encoder may use. Then "
            "switch one cue off."
        ),
        draw=positive_pairs.draw,
    ),
)
