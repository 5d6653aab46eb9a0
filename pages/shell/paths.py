"""Folders of the app."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "pages"
ASSETS = ROOT / "assets"
COMPONENTS = ASSETS / "components"  # JavaScript and CSS of the widgets
