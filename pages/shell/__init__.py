"""Shared by all pages: start-up, identity, URL parameters, links, progress."""
