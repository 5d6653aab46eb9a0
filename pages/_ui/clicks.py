"""What a click or an answer does, done whole."""

import functools
from collections.abc import Callable
from typing import ParamSpec

from streamlit.runtime.scriptrunner import RerunException

P = ParamSpec("P")


def whole(callback: Callable[P, None]) -> Callable[P, None]:
    """A widget's callback that another click cannot cut short.

    Streamlit gives way to the next click, or to the next report of a component, wherever
    the session's state is touched, in callbacks as well; what a callback had still to do
    would be lost, an answer for example. Such a request comes up once. So the callback
    begins anew, and the request has its turn afterwards.

    Args:
        callback: begun twice, it must do what it does once. Writing to the state last
            is enough.
    """

    @functools.wraps(callback)
    def done(*args: P.args, **kwargs: P.kwargs) -> None:
        request = None
        while True:
            try:
                callback(*args, **kwargs)
                break
            except RerunException as another:
                request = another
        if request:
            raise request

    return done
