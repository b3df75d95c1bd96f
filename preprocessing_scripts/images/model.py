"""A model that turns images into embeddings, as its file has it. Needs PyTorch."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from preprocessing_scripts.images.batches import Pixels
from preprocessing_scripts.outcome import ScriptError

EXPORTED = ".pt2"
"""How the name of a file of ``torch.export.save`` ends; all others are TorchScript."""


class EmbeddingModel:
    """An exported model, on one device.

    On CUDA it computes in mixed precision; on a CPU, where that gains nothing, in float32.

    Args:
        path: A file of ``torch.export.save`` (``.pt2``) or of ``torch.jit.save``.
        device: ``cpu``, ``cuda``, or ``auto`` for CUDA where there is one.
        batch: Images of a full batch. Shorter ones are filled up: an exported model may take
            batches of one size alone.

    Raises:
        ScriptError: There is no such device, or the file is no such model.
    """

    def __init__(self, path: Path, device: str, batch: int) -> None:
        cuda = torch.cuda.is_available()
        if device == "cuda" and not cuda:
            raise ScriptError("--device cuda: PyTorch finds no GPU here; use cpu, or auto")
        self.device = "cuda" if cuda and device != "cpu" else "cpu"
        self.precision = "float16 where safe" if self.device == "cuda" else "float32"
        self._path = path
        self._batch = batch
        try:
            self._model = _load(path, self.device)
        except Exception as error:  # PyTorch raises errors of many kinds for a file of another kind
            kind = "torch.export" if path.suffix == EXPORTED else "TorchScript"
            raise ScriptError(
                f"{path} is no {kind} model that PyTorch {torch.__version__} can load: {error}"
            ) from error

    def __call__(self, pixels: Pixels) -> npt.NDArray[np.float32]:
        """The embeddings of some images.

        Args:
            pixels: (images, 3, height, width).

        Returns:
            (images, dimension); what the model gives for an image, as one row of numbers.

        Raises:
            ScriptError: The model does not take these images, or gives no row for each of them.
        """
        count = len(pixels)
        missing = np.zeros((self._batch - count, *pixels.shape[1:]), np.float32)
        full = torch.from_numpy(np.concatenate([pixels, missing])).to(self.device)
        try:
            with (
                torch.inference_mode(),
                torch.autocast(self.device, enabled=self.device == "cuda"),
            ):
                given = self._model(full)
        except (RuntimeError, AssertionError) as error:  # a guard of an exported model asserts
            raise ScriptError(
                f"{self._path} does not take images of the shape {tuple(full.shape)}; see --size "
                f"and --batch-size: {error}"
            ) from error
        if not isinstance(given, torch.Tensor) or given.shape[:1] != full.shape[:1]:
            what = tuple(given.shape) if isinstance(given, torch.Tensor) else type(given).__name__
            raise ScriptError(
                f"{self._path} gives {what} for {len(full)} images; one tensor with a row for each "
                "is needed: export the model without its head"
            )
        rows: npt.NDArray[np.float32] = given[:count].flatten(1).float().cpu().numpy()
        return rows


def _load(path: Path, device: str) -> Any:
    if path.suffix != EXPORTED:
        return torch.jit.load(str(path), map_location=device).eval()
    program = torch.export.load(path)
    if device != "cpu":
        from torch.export.passes import move_to_device_pass

        program = move_to_device_pass(program, device)
    return program.module()
