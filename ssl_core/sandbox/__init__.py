"""A sandbox for uploaded files: each is decoded in a process with limits.

``api`` is what pages call, ``client`` starts the fork server, ``server`` is the fork server,
and ``tasks`` has the decoders.
"""

from ssl_core.sandbox.api import Sandbox, SandboxBusy

__all__ = ["Sandbox", "SandboxBusy"]
