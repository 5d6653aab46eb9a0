"""Where the app's files are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "pages"
ASSETS = ROOT / "assets"
COMPONENTS = ASSETS / "components"  # front ends of the widgets: JavaScript and CSS
