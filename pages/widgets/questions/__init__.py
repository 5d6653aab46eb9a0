"""One quiz question: its text, the answer form, the feedback, and the pager of a set."""
