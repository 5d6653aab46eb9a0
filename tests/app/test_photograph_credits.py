"""The photographs that ship with scikit-learn are shown with author and licence."""

from importlib import resources
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.features.augmentations.picture_picker import CC_BY, PHOTOGRAPHS

PAGE = "pages/02_augmentations.py"


def credits(shown: AppTest) -> list[str]:
    return [caption.value for caption in shown.caption if CC_BY in caption.value]


@pytest.mark.parametrize("name", PHOTOGRAPHS)
def test_a_photograph_is_shown_with_its_author_and_licence(
    routed: Any, name: str
) -> None:
    photograph = PHOTOGRAPHS[name]
    shown = routed(PAGE)
    assert not credits(shown), "a drawn shape has no author"
    shown.segmented_control(key="picture").set_value(name).run()
    assert not shown.exception
    (credit,) = credits(shown)
    assert f"[{photograph.author}]({photograph.page})" in credit
    shown.segmented_control(key="picture").set_value("Shape").run()
    assert not credits(shown)


@pytest.mark.parametrize("photograph", PHOTOGRAPHS.values(), ids=lambda p: p.file)
def test_author_and_licence_are_those_that_scikit_learn_names(photograph: Any) -> None:
    readme = resources.files("sklearn.datasets.images").joinpath("README.txt")
    entry = readme.read_text().partition(f"Image: {photograph.file}")[2]
    entry = entry.partition("Image: ")[0]
    assert CC_BY in entry and photograph.page in entry
    assert photograph.page.split("/")[-3] == photograph.author
