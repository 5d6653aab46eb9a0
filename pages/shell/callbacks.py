"""Callbacks of widgets that run to their end."""

import functools
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
ATTEMPTS = 20  # a visit that ends raises its request for ever


def uninterruptible(callback: Callable[P, None]) -> Callable[P, None]:
    """A widget's callback that another click cannot cut short.

    When a learner clicks again, Streamlit raises a request to rerun the script wherever the
    running script touches the session state, in callbacks as well. What the callback had
    still to do would be lost: an answer, for example. Streamlit raises each request once,
    so the callback starts again, and the request is raised after it.

    Args:
        callback: called twice, it must have the same effect as called once. To write to the
            session state last is enough.
    """

    @functools.wraps(callback)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        request: BaseException | None = None
        for _ in range(ATTEMPTS):
            try:
                callback(*args, **kwargs)
                break
            except (Exception, SystemExit, KeyboardInterrupt, GeneratorExit):
                raise
            except BaseException as raised:  # Streamlit's request has no public type
                request = raised
        if request is not None:
            raise request

    return wrapper
