"""Reading an image file as the pixels that a model takes. Needs Pillow."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from preprocessing_scripts.images.batches import Pixels, UnreadableImageError

# What Pillow raises for files that are no images, cut off, broken, or far too large.
_UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError)


@dataclass(frozen=True)
class PixelReader:
    """Reads images as a model was trained on them.

    Args:
        size: Height and width; an image is scaled and cut to the middle.
        mean: Of the red, green and blue of 0 to 1; subtracted.
        std: Of the same; divided by.
    """

    size: int
    mean: tuple[float, ...]
    std: tuple[float, ...]

    def __call__(self, path: Path) -> Pixels:
        """The image as (3, size, size).

        Raises:
            UnreadableImageError: The file is no image that Pillow can read.
        """
        try:
            with Image.open(path) as image:
                # A JPEG is decoded at the smallest scale that suffices: a photograph of 100
                # megapixels would take 300 MB.
                image.draft("RGB", (self.size, self.size))
                upright = ImageOps.exif_transpose(image).convert("RGB")
                fitted = ImageOps.fit(upright, (self.size, self.size))
        except _UNREADABLE as error:
            # Pillow names the file, which the key does too.
            reason = str(error).replace(f" {str(path)!r}", "")
            raise UnreadableImageError(f"{type(error).__name__}: {reason}") from error
        scaled = np.asarray(fitted, dtype=np.float32) / 255
        mean, std = (np.array(one, np.float32) for one in (self.mean, self.std))
        normal = (scaled - mean) / std
        return np.ascontiguousarray(normal.transpose(2, 0, 1), dtype=np.float32)
