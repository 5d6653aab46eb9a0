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


def joined(kept: Progress, own: Progress, since: int) -> Progress:
    """What an account keeps and what a visit knows, in one.

    Merging alone would never give back what was forgotten, in a visit that only did not
    hear of its return: a visit's word on forgetting counts where it is news.

    Args:
        kept: the account's.
        own: the visit's.
        since: what ``own.forgotten`` was when the two last agreed, 0 at first.
    """
    if own.forgotten < since:
        return kept.restored(own)
    if own.forgotten == since:
        own = own.model_copy(update={"forgotten": kept.forgotten})
    return kept.merged(own)


def mark(account: str, own: Progress) -> str:
    """Whose a browser's copy is, and when its newest answer was: ``account:seconds``."""
    times = [a.at for a in own.attempts] + [o.opened for o in own.lessons.values()]
    exam = own.exam
    times += [exam.begun, exam.handed_in or 0] if exam else []
    return f"{account}:{max([own.forgotten, *times])}"


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
    owner, _, until = marked.partition(":")
    left = int(until) if until.isascii() and until.isdigit() and len(until) < 12 else 0
    if owner == account and copy.forgotten <= left:
        return own.merged(copy)
    if owner and owner != account:
        copy = _after(copy, left).model_copy(update={"seed": own.seed})
    return own.merged(copy.model_copy(update={"forgotten": 0}))


def _after(copy: Progress, time: int) -> Progress:
    exam = copy.exam if copy.exam and copy.exam.begun > time else None
    lessons = {slug: o for slug, o in copy.lessons.items() if o.opened > time}
    attempts = tuple(a for a in copy.attempts if a.at > time)
    update = {"attempts": attempts, "lessons": lessons, "exam": exam}
    return copy.model_copy(update=update)
