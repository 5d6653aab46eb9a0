"""One quiz question: its text, the answer form, feedback, and the pager."""
