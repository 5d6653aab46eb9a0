"""What every page stands on: start-up, identity, URL parameters, links, progress."""
