"""Whose progress it is: keys of signed-in learners, and what may join an account."""

import base64
import hashlib
import hmac

from ssl_core.quiz.progress import Progress


def key(issuer: str, subject: str) -> str:
    """The name of a learner's row: SHA-256 of who vouches for them, and as whom."""
    return hashlib.sha256(f"{issuer}\n{subject}".encode()).hexdigest()


def ident(secret: str, purpose: str, account: str) -> str:
    """22 characters that stand for an account, safe in a path and a URL.

    Who knows a learner's e-mail address or subject still cannot guess them.

    Args:
        secret: the server's own.
        purpose: what it is for; the ids of two purposes tell nothing of each other.
        account: as :func:`key` gives it.
    """
    digest = hmac.digest(secret.encode(), f"{purpose}\n{account}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def mark(account: str, own: Progress, synced: bool = True) -> str:
    """Whose a browser's copy is, and when its newest answer was: ``account:seconds``.

    Args:
        account: of the learner.
        own: the copy.
        synced: whether the account holds all of it; otherwise the mark has a third part,
            and the browser keeps the copy when somebody else signs in.
    """
    return f"{account}:{own.newest}" + (":unsynced" if not synced else "")


def owner(marked: str) -> str:
    """The account in a mark; "" without one."""
    return marked.partition(":")[0]


def taken(own: Progress, copy: Progress, marked: str, account: str) -> Progress:
    """A signed-in learner's progress with what the browser holds.

    On a computer that several use, the copy may be another account's: only what came
    after it was left is taken, which nobody has signed. And whoever pressed *forget*
    without an account meant this browser: the account loses nothing by it.

    Args:
        own: the visit's.
        copy: the browser's.
        marked: as :func:`mark` wrote it beside the copy, "" if nobody did.
        account: of the learner, as :func:`mark` got it.
    """
    until = marked.partition(":")[2].removesuffix(":unsynced")
    left = int(until) if until.isascii() and until.isdigit() and len(until) < 12 else 0
    if owner(marked) == account and copy.forgotten <= left:
        return own.merged(copy)
    if owner(marked) not in ("", account):
        seed = {"seed": own.seed, "seeded_at": own.seeded_at}
        copy = _after(copy, left).model_copy(update=seed)
    return own.merged(copy.model_copy(update={"forgotten": 0}))


def _after(copy: Progress, time: int) -> Progress:
    exams = tuple(exam for exam in copy.exams if exam.begun > time)
    lessons = {slug: o for slug, o in copy.lessons.items() if o.opened > time}
    attempts = tuple(a for a in copy.attempts if a.at > time)
    update = {"attempts": attempts, "lessons": lessons, "exams": exams}
    return copy.model_copy(update=update)
