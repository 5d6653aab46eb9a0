"""Lessons: a question first, the text after it, something real to touch, and honest prose."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.features.lessons import (
    composition,
    info_nce,
    lesson_page,
    meaning,
    negatives,
    positive_pairs,
    representations,
    temperature,
)
from pages.widgets import evidence
from pages.widgets.source_code import source_of
from ssl_core import knobs
from ssl_core.config import RunConfig, all_knobs
from ssl_core.experiments import EXPERIMENTS
from ssl_core.methods import METHODS
from ssl_core.quiz import bank, lessons
from ssl_core.quiz.progress import Attempt, Progress

REPOSITORY = Path(__file__).parents[2]
PATH = (
    *("positive_pairs", "composition", "info_nce", "negatives"),
    *("temperature", "without_negatives", "representations", "meaning"),
)
FILES = {
    p.stem.partition("_lesson_")[2]: f"pages/{p.name}"
    for p in sorted((REPOSITORY / "pages").glob("3[0-9]_lesson_*.py"))
}
DECIMAL = re.compile(r"(?<![\w.|])\d+\.\d+(?![\w|])")
YEAR = re.compile(r"\b(?:19|20)\d\d\b")
SENTENCE = re.compile(r"\n\s*\n|\n\s*[-*] |(?<=[.!?])\s+(?=[A-Z*])")
SKIP = "Read on without answering"

each = pytest.mark.parametrize("slug", PATH)


def prose(page: AppTest) -> str:
    """Every sentence and heading of the page."""
    return "\n".join(m.value for m in [*page.main.markdown, *page.main.subheader])


def start(slug: str) -> str:
    """The first words of a lesson's text, as the page shows them."""
    return evidence.fill_numbers(lessons.of(slug).text)[:60]


def read(slug: str, alone: Any, **link: str) -> AppTest:
    """A lesson whose text was opened without an answer."""
    page = alone(FILES[slug], **link)
    return page.button(key=f"opening_{slug}_skip").click().run()


# ---- The path and the files.


def test_there_are_eight_lessons_with_a_page_each() -> None:
    assert tuple(FILES) == PATH
    assert tuple(one.slug for one in lessons.every()) == PATH
    assert [one.order for one in lessons.every()] == list(range(1, 9))


def test_next_leads_through_all_of_them() -> None:
    slug, seen = PATH[0], []
    while slug:
        seen.append(slug)
        slug = lessons.of(slug).next
    assert tuple(seen) == PATH


@each
def test_a_lesson_is_short(slug: str) -> None:
    assert 150 < lessons.of(slug).words <= lessons.LONGEST
    assert lessons.of(slug).text.count("$$") >= 2, "there is an equation"


@each
def test_its_questions_are_its_own(slug: str) -> None:
    ids = [q.id for q in bank.shipped().of_lesson(slug)]
    assert lessons.of(slug).opening in ids
    assert len(ids) >= 6


@each
def test_the_code_it_shows_is_there(slug: str) -> None:
    for name in lessons.of(slug).code:
        assert source_of(lesson_page.load_object(name)).startswith(
            ("def ", "class ", "@")
        )


@each
def test_its_lab_is_a_page(slug: str) -> None:
    page = lessons.of(slug).lab.partition("?")[0]
    assert [p for p in (REPOSITORY / "pages").glob(f"[0-9]*_{page}.py")]


# ---- Honest prose.


@each
def test_every_measured_number_is_in_the_evidence(slug: str) -> None:
    text = lessons.of(slug).text
    assert evidence.NOT_MEASURED not in evidence.fill_numbers(text)
    assert "{" not in re.sub(
        r"\$\$.*?\$\$|\$[^$]*\$", "", evidence.fill_numbers(text), flags=re.S
    )


@each
def test_a_literal_decimal_is_a_setting_or_names_its_paper(slug: str) -> None:
    loose = list(loose_decimals(lessons.of(slug).text))
    assert not loose, f"{slug}: where do these come from: {loose}"


def test_a_measured_number_written_by_hand_would_be_seen() -> None:
    assert list(loose_decimals("Our kNN is 0.931 here.")) == ["0.931"]
    assert not list(loose_decimals("At $\\tau$ = 0.05 it is {a|b|c}."))
    assert not list(loose_decimals("Grill et al. 2020 report 74.3 %."))
    assert list(loose_decimals("Grill et al. 2020 say so. Ours is 0.931."))


def loose_decimals(text: str) -> Iterator[str]:
    """Decimals that are no knob's or arm's value, in sentences that name no paper."""
    for sentence in SENTENCE.split(evidence.PLACEHOLDER.sub("", text)):
        if not YEAR.search(sentence):
            yield from (
                d for d in DECIMAL.findall(sentence) if float(d) not in SETTINGS
            )


def settings() -> set[float]:
    """What somebody chose: values of arms, and defaults of knobs."""
    known = {k.default for m in METHODS for k in all_knobs(m).values()}
    known |= {k.default for k in knobs.knobs_of(RunConfig).values()}
    for one in EXPERIMENTS.values():
        for name, values in one.arms.items():
            known |= {float(d) for d in DECIMAL.findall(name)} | set(flat(values))
    return {float(v) for v in known if isinstance(v, int | float)}


def flat(values: Any) -> Iterator[float]:
    if isinstance(values, dict):
        for value in values.values():
            yield from flat(value)
    elif isinstance(values, int | float):
        yield values


SETTINGS = settings()


# ---- The order in which one learns.


@each
def test_the_question_comes_first_and_one_click_opens_the_rest(
    slug: str, alone: Any
) -> None:
    page = alone(FILES[slug])
    assert not page.exception
    assert page.title[0].value == lessons.of(slug).title
    assert start(slug) not in prose(page)
    stem = bank.shipped()[lessons.of(slug).opening].stem.split()[0]
    assert stem in prose(page)

    page.button(key=f"opening_{slug}_skip").click().run()
    assert not page.exception and not page.error
    assert start(slug) in prose(page) and "**Try:**" in prose(page)
    heads = [h.value for h in page.subheader]
    assert "Questions" in heads and heads[-1] == "Go on"
    assert len(page.code) == len(lessons.of(slug).code)
    assert any(b.label == "Next question" for b in page.button)
    assert all(alt.strip() for alt in alts(page))
    assert slug in page.session_state["progress"].lessons


def alts(page: AppTest) -> Iterator[str]:
    for chart in page.get("plotly_chart"):
        yield chart.proto.alt
    for image in page.get("image"):
        yield from (one.alt for one in image.proto.imgs)
    for table in page.get("dataframe"):
        yield table.proto.alt


@each
def test_it_opens_through_the_router_without_the_playground_s_knobs(
    slug: str, routed: Any
) -> None:
    page = routed(FILES[slug])
    assert not page.exception
    assert not [b for b in page.button if b.key == "sidebar_train"]
    page.button(key=f"opening_{slug}_skip").click().run()
    assert not page.exception
    links = [link.proto.label for link in page.get("page_link")]
    assert lessons.of(slug).lab_label in links
    after = lessons.of(slug).next
    onwards = lessons.of(after).title if after else "That was the last lesson"
    assert any(link.startswith(onwards) for link in links)


def test_an_answer_opens_the_text_and_keeps_its_feedback(alone: Any) -> None:
    slug = "positive_pairs"
    question = bank.shipped()[lessons.of(slug).opening]
    page = alone(FILES[slug])
    own = f"opening_{slug}_question_{question.id}"
    page.button(key=f"{own}_0").click().run()
    assert not page.exception
    assert start(slug) in prose(page)
    assert any(
        question.options[0].feedback[:30] in m.value
        for m in [*page.success, *page.error, *page.warning, *page.info]
    )
    # Two questions at once would answer to the same keys.
    labels = [b.label for b in page.button]
    assert "Next question" not in labels
    page.button(key=f"opening_{slug}_close").click().run()
    labels = [b.label for b in page.button]
    assert "Next question" in labels and f"{own}_0" not in {b.key for b in page.button}


@pytest.mark.parametrize("how", ["opened", "answered"])
def test_once_passed_it_stays_open_on_the_next_visit(how: str, alone: Any) -> None:
    slug = "temperature"
    known = Progress(seed=1)
    opening = lessons.of(slug).opening
    kept = {
        "opened": known.with_lesson(slug, 5),
        "answered": known.with_attempt(
            Attempt(question=opening, at=5, answer=0, score=0.0)
        ),
    }[how]
    page = alone(FILES[slug])
    page.session_state["progress"] = kept  # as the browser's storage brings it
    page.run()
    assert start(slug) in prose(page)
    assert SKIP not in {b.label for b in page.button}
    assert "Next question" in {b.label for b in page.button}


def test_a_file_that_cannot_be_read_gets_one_sentence(
    alone: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lessons, "ROOM", tmp_path)
    page = alone(FILES["meaning"])
    assert not page.exception and "no lesson 'meaning'" in page.error[0].value
    (tmp_path / "meaning.md").write_text("nothing of a head")
    page = alone(FILES["meaning"])
    assert not page.exception and "meaning.md: has no head" in page.error[0].value


def test_welcome_has_three_entries_and_shows_progress(routed: Any) -> None:
    page = routed("pages/00_welcome.py")
    for door in ("**Play.**", "**Learn.**", "**Quiz.**"):
        assert door in prose(page)
    ids = [q.id for q in bank.shipped().of_lesson("negatives")]
    kept = Progress(seed=1)
    for ident in ids[:3]:
        attempt = Attempt(question=ident, at=1, answer=0, score=0.0)
        kept = kept.with_attempt(attempt)
    page.session_state["progress"] = kept
    page.run()
    links = [link.proto.label for link in page.get("page_link")]
    negatives = next(s for s in links if s.startswith(lessons.of("negatives").title))
    assert negatives.endswith(f"3 of {len(ids)} questions")
    assert "Due today: 3." in prose(page)
    assert "Review the 3 now" in links


# ---- What is drawn was computed by the core.


def test_dice_and_switches_change_the_views(alone: Any) -> None:
    same, a, b = positive_pairs.make_views((), 0)
    assert (a == same).all() and (b == same).all()
    _, a, b = positive_pairs.make_views(("Crop",), 0)
    assert (a != b).any() and (positive_pairs.make_views(("Crop",), 1)[1] != a).any()
    page = read("positive_pairs", alone)
    before = [i.proto.imgs[0].url for i in page.get("image")]
    page.button(key="lesson_roll").click().run()
    assert [i.proto.imgs[0].url for i in page.get("image")] != before
    assert "orientation" in positive_pairs.describe_views(("Crop",))
    assert (
        "orientation"
        not in positive_pairs.describe_views(("Crop", "Rotation")).split("share")[1]
    )


def test_the_histogram_s_rate_is_the_experiment_s(alone: Any) -> None:
    page = read("composition", alone)
    for on, arm in (
        (("Crop",), "histogram, shapes: crop"),
        (("Crop", "Colour"), "histogram, shapes: crop + colour"),
    ):
        measured = evidence.load("colour_shortcut").at(arm, "retrieval")
        rate = composition.retrieve(on).rate
        assert abs(rate - measured.mean) < 0.05
    assert page.get("button_group"), "there is a choice of views"
    assert "a colour histogram finds 97% of 512 partners" in prose(page)
    found = composition.retrieve(("Colour",))
    assert not found.is_correct.all() and found.rate < 0.1


def test_the_row_adds_up_to_the_core_s_loss() -> None:
    import torch

    from ssl_core.methods.simclr import nt_xent

    angles = torch.tensor([110.0, 290.0, 70.0, 250.0]).deg2rad()
    z = torch.stack([angles.cos(), angles.sin()], 1)
    loss = nt_xent(z[:2], z[2:], 0.5).item()
    assert f"**{loss:.3f}** nats" in info_nce.format_table(40, 0.5)
    covered = info_nce.format_table(40, 0.5, hidden=True)
    assert f"{loss:.3f}" not in covered and "?" in covered


def test_covering_hides_the_loss_everywhere(alone: Any) -> None:
    page = read("info_nce", alone, lesson_turn="80", lesson_tau="0.3")
    assert page.slider(key="lesson_turn").value == 80
    assert "NT-Xent is" in prose(page)
    page.toggle(key="lesson_covered").set_value(True).run()
    assert "NT-Xent is" not in prose(page)


def test_negatives_are_counted() -> None:
    import torch

    from ssl_core.methods.simclr import nt_xent

    assert "**14** :red[negatives]" in negatives.describe_counts(8, 8)
    # One other image, eight classes: one in eight.
    assert "a chance of **12.5%**" in negatives.describe_counts(2, 8)
    eye = torch.eye(16)
    assert negatives.orthogonal_loss(16, 0.5) == pytest.approx(
        nt_xent(eye, eye, 0.5).item()
    )
    assert "loss 4.844 if all views are alike" in negatives.loss_range(64, 0.5).caption


def test_the_mask_has_a_partner_and_the_rest_as_negatives() -> None:
    figure = negatives.role_matrix(4).figure
    rows = [list(r) for heat in figure.data for r in heat.z]
    assert len(rows) == 8
    for i, roles in enumerate(rows):
        assert (roles[i], roles[i ^ 1]) == (0, 1) and roles.count(2) == 6


def test_a_lower_temperature_leaves_the_pushing_to_fewer() -> None:
    batch = temperature.load_batch()
    assert batch is not None, "the encoder ships"
    shares = []
    for tau in (0.05, 0.2, 1.0):
        shown, nearest = temperature.weights_plot(batch[1], tau, 0)
        shares.append(float(re.findall(r"negatives do ([\d.]+) %", shown.caption)[0]))
        assert len(nearest) == temperature.NEAREST and not {0, 1} & set(nearest)
        assert sum(shown.figure.data[0].y) == pytest.approx(1)
    assert shares[0] > shares[1] > shares[2] > 10


def test_a_healthy_spread_can_have_a_low_rank_and_the_reverse() -> None:
    few = representations.measure(4, 0.0, 0.25)
    assert few.std > 0.9 and few.rank == pytest.approx(4, abs=0.2)
    assert "looks healthy" in representations.describe(
        few
    ) and "wasted" in representations.describe(few)
    cone = representations.measure(64, 4.0, 0.0)
    assert (
        cone.std < 0.35
        and cone.rank > 50
        and cone.alignment == pytest.approx(0, abs=1e-6)
    )
    assert "does not see" in representations.describe(cone)
    assert len(few.spectrum) == 64


def test_meaning_answers_from_the_evidence(alone: Any) -> None:
    page = read("meaning", alone, lesson_factor="rotation")
    found = evidence.load("meaning")
    said = meaning.describe(found, "rotation")
    best = max(found.arms, key=lambda a: found.at(a, "probe_rotation").mean)
    assert said in prose(page) and f"**{best}**" in said


def test_both_recordings_play(alone: Any) -> None:
    page = read("without_negatives", alone)
    played = [
        json.loads(c.proto.json)["key"]
        for c in page.get("bidi_component")
        if c.proto.component_name == "ssl_lab_recording"
    ]
    assert played == ["lesson_simsiam_collapse", "lesson_byol"]


@pytest.mark.parametrize(
    ("slug", "link", "sentence"),
    [
        ("negatives", {"lesson_n": "5"}, "lesson_n is 5; allowed are 2, 4, 8"),
        ("temperature", {"lesson_push_tau": "x"}, "lesson_push_tau is 'x'"),
        ("representations", {"lesson_used": "99"}, "lesson_used is 99"),
        ("meaning", {"lesson_factor": "smell"}, "lesson_factor is 'smell'"),
    ],
)
def test_a_nonsense_link_gets_one_sentence(slug, link, sentence, alone: Any) -> None:
    page = read(slug, alone, **link)
    assert not page.exception
    assert sum(sentence in w.value for w in page.warning) == 1
