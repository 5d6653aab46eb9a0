"""Questions whose every answer teaches, and what a learner did with them; no page in it."""
