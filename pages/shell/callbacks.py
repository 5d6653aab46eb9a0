"""Widget callbacks that finish even when the learner clicks again."""

import functools
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")
MAX_ATTEMPTS = 20  # a session that ends raises its request in every attempt


def uninterruptible(callback: Callable[P, None]) -> Callable[P, None]:
    """A widget's callback that another click cannot cut short.

    When a learner clicks again, Streamlit raises a request to rerun the script wherever the
    running script touches the session state, in callbacks as well. The rest of the callback
    would be lost: an answer, for example. Streamlit raises each request once, so the
    callback is called again, and the request is raised after it.

    Args:
        callback: two calls must have the same effect as one. A callback that writes to the
            session state last fulfils this.
    """

    @functools.wraps(callback)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> None:
        request: BaseException | None = None
        for _ in range(MAX_ATTEMPTS):
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
