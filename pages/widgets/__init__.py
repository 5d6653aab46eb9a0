"""Parts of pages that know no page: plots, knobs, pictures, texts."""
