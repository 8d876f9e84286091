"""The worker SDK of MIP: what an algorithm is written against, and the worker that runs it.

An algorithm imports from here and from nowhere deeper::

    from mip_sdk import BaseProcessor, DerivedImage, ImageData, InvalidInput, Parameters
"""

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
