"""The sound lab's own parts: a clip and its views to see and hear, and your own voice."""
