"""The worker SDK of MIP: what an algorithm is written against, and the worker that runs it.

An algorithm imports from here and from nowhere deeper::

    from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Parameters
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mip_sdk.faults import InvalidInput
    from mip_sdk.image_data import ImageData, Window
    from mip_sdk.native import NativeAlgorithm
    from mip_sdk.processor import BaseProcessor, DerivedImage, Meaning, NotApplicable, Parameters, Segmentation, VolumeProcessor
    from mip_sdk.volume import Volume

__all__ = [
    "BaseProcessor",
    "DerivedImage",
    "ImageData",
    "InvalidInput",
    "Meaning",
    "NativeAlgorithm",
    "NotApplicable",
    "Parameters",
    "Segmentation",
    "Volume",
    "VolumeProcessor",
    "Window",
]
_MODULES = {
    "BaseProcessor": "processor",
    "DerivedImage": "processor",
    "ImageData": "image_data",
    "InvalidInput": "faults",
    "Meaning": "processor",
    "NativeAlgorithm": "native",
    "NotApplicable": "processor",
    "Parameters": "processor",
    "Segmentation": "processor",
    "Volume": "volume",
    "VolumeProcessor": "processor",
    "Window": "image_data",
}


def __getattr__(name: str) -> Any:
    """A name when it is asked for: the worker's parent, which is in this package too, has no need of NumPy and pydicom."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"mip_sdk.{_MODULES[name]}"), name)
