"""What is merged into an account: forgetting, restoring and shared computers."""

import re

import pytest
from hypothesis import given
from test_quiz_progress import STEADY, attempt, histories, identity

from ssl_core.quiz import accounts
from ssl_core.quiz.progress import Exam, Progress
from ssl_core.quiz.serialization import dumps

ANN, BEN = "ann-tag", "ben-tag"


def identities(progress: Progress) -> list[tuple[object, ...]]:
    return [identity(a) for a in progress.attempts]


def test_a_learner_is_known_by_issuer_and_subject_alone() -> None:
    keys = {
        accounts.key(*who)
        for who in [
            *(("https://a.example", "1"), ("https://a.example", "11")),
            *(("https://a.example1", "1"), ("https://b.example", "1")),
        ]
    }
    assert len(keys) == 4
    assert all(re.fullmatch("[0-9a-f]{64}", key) for key in keys)
    assert accounts.key("https://a.example", "1") in keys


def test_an_id_needs_the_servers_secret_and_fits_a_path() -> None:
    ann, ben = (accounts.key("https://a.example", who) for who in ("ann", "ben"))
    ids = {
        accounts.ident(secret, purpose, who)
        for secret in ("one secret", "another")
        for purpose in ("runs", "browser")
        for who in (ann, ben)
    }
    assert len(ids) == 8
    assert all(re.fullmatch("[A-Za-z0-9_-]{22}", i) for i in ids)
    assert accounts.ident("one secret", "runs", ann) in ids


# --------------------------------------------------------- a browser and its account


def test_answers_given_before_signing_in_join_the_account() -> None:
    account = Progress(seed=1, attempts=(attempt(100),))
    copy = Progress(seed=2, attempts=(attempt(200),))
    assert [a.at for a in accounts.taken(account, copy, "", ANN).attempts] == [100, 200]


def test_forgetting_while_signed_out_deletes_nothing_from_an_account() -> None:
    account = Progress(seed=1, attempts=(attempt(100),))
    copy = Progress(seed=2, attempts=(attempt(400),), forgotten=300)
    for marked in ("", f"{ANN}:200", f"{BEN}:200", f"{BEN}:200:unsynced"):
        taken = accounts.taken(account, copy, marked, ANN)
        assert [a.at for a in taken.attempts] == [100, 400]
        assert taken.forgotten == 0


def test_forgetting_in_another_tab_takes_effect() -> None:
    account = Progress(seed=1, attempts=(attempt(100),))
    fresh = Progress(seed=2, forgotten=300)
    taken = accounts.taken(account, fresh, accounts.mark(ANN, fresh), ANN)
    assert not taken.attempts and taken.forgotten == 300


@STEADY
@given(histories(), histories())
def test_one_account_never_takes_attempts_of_another(
    own: Progress, ann: Progress
) -> None:
    marked = accounts.mark(ANN, ann)
    assert dumps(accounts.taken(own, ann, marked, BEN)) == dumps(own.merged(own))
    back = accounts.taken(own, ann, marked, ANN)
    assert set(identities(back)) >= set(identities(ann)), "and all of one's own does"


@pytest.mark.parametrize("synced", [True, False])
def test_attempts_made_after_a_sign_out_join_the_next_account(synced: bool) -> None:
    exam = Exam(set="quiz?exam=true", questions=("a",), begun=190)
    ann = Progress(seed=1, attempts=(attempt(100),), exams=(exam,))
    marked = accounts.mark(ANN, ann, synced)
    on = ann.with_attempt(attempt(250)).with_lesson("late", 260)
    taken = accounts.taken(Progress(seed=9), on, marked, BEN)
    assert [a.at for a in taken.attempts] == [250]
    assert list(taken.lessons) == ["late"] and taken.exams == ()
    assert taken.seed == 9, "the order of options is one's own"


def test_an_invalid_mark_loses_no_attempt() -> None:
    own = Progress(seed=1, attempts=(attempt(50),))
    copy = Progress(seed=2, attempts=(attempt(100),))
    for marked in (
        ":",
        "x",
        "x:",
        "x:-1",
        "x:²",
        "x:1e9",
        "x:" + "9" * 5000,
        ANN + ":",
    ):
        taken = [a.at for a in accounts.taken(own, copy, marked, ANN).attempts]
        assert taken == [50, 100], marked  # nobody's copy, left at no known time
