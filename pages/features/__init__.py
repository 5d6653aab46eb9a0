"""One package or file per kind of page; none imports another."""
