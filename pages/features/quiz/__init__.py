"""The quiz: landing page, exam, progress report, storage settings."""
