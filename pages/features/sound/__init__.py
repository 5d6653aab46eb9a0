"""The sound lab: hear two views, ask an encoder about a recording."""
