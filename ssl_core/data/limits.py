"""What a folder or zip of a learner's own images may hold; the app prints these."""

from dataclasses import dataclass

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Bounds on files that nobody has vouched for.

    Args:
        fewest: usable images without which there is no set.
        zip_entries: entries of a zip, folders included; more is refused unread.
        folder_files: files below a folder; more is refused.
        file_bytes: one file, unpacked; a larger one is skipped.
        zip_bytes: all usable files of a zip together, unpacked; more is refused.
        ratio: unpacked size over packed size of a zip entry of more than 4 MiB.
        pixels: width times height of one picture, checked before it is decoded.
        seconds: of one recording that are decoded; the rest is not read.
        channels: of one recording.
    """

    fewest: int = 4
    zip_entries: int = 60_000
    folder_files: int = 1_000_000
    file_bytes: int = 64 * MIB
    zip_bytes: int = 2048 * MIB
    ratio: int = 200
    pixels: int = 40_000_000
    seconds: float = 10.0
    channels: int = 8

    def __str__(self) -> str:
        return (
            f"at least {self.fewest} images; one file at most "
            f"{self.file_bytes // MIB} MB and {self.pixels // 10**6} million pixels; "
            f"a zip at most {self.zip_entries:,} entries and "
            f"{self.zip_bytes // MIB:,} MB unpacked"
        )

    @property
    def of_sound(self) -> str:
        """What holds for recordings, where ``str`` says it of images."""
        return (
            f"at least {self.fewest} recordings (WAV, FLAC or OGG) of at most "
            f"{self.channels} channels; the first {self.seconds:g} seconds of each are "
            f"read; a zip at most {self.zip_entries:,} entries and "
            f"{self.zip_bytes // MIB:,} MB unpacked"
        )


LIMITS = Limits()
