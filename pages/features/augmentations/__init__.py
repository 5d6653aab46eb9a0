"""The augmentations page: choose a picture or a sound, see its views."""
