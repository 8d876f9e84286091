"""Lossy compression is history that nothing undoes: a derived object inherits it."""

from pydicom import Dataset
from pydicom.uid import UID

# Transfer syntaxes that lose, and what they are called in LossyImageCompressionMethod (C.7.6.1.1.5.1).
_METHODS = {
    "1.2.840.10008.1.2.4.50": "ISO_10918_1",
    "1.2.840.10008.1.2.4.51": "ISO_10918_1",
    "1.2.840.10008.1.2.4.81": "ISO_14495_1",
    "1.2.840.10008.1.2.4.91": "ISO_15444_1",
}


def inherit_lossy_history(source: Dataset, target: Dataset) -> list[str]:
    """Set LossyImageCompression, ratio and method of ``target`` from ``source``, or from its transfer syntax where the source
    keeps silent; the notes for the manifest.
    """
    if source.get("LossyImageCompression") == "01":
        for name in ("LossyImageCompression", "LossyImageCompressionRatio", "LossyImageCompressionMethod"):
            if name in source:
                target[name] = source[name]
        return ["the lossy compression of the source is inherited"]
    method = _METHODS.get(UID(source.file_meta.TransferSyntaxUID))
    if method is None:
        if source.get("LossyImageCompression") == "00":
            target.LossyImageCompression = "00"
        return []
    target.LossyImageCompression = "01"
    target.LossyImageCompressionMethod = method
    target.LossyImageCompressionRatio = f"{_ratio(source):.4g}"
    return ["the source is compressed with a loss and does not say so: LossyImageCompression was set to 01"]


def _ratio(source: Dataset) -> float:
    frames = int(source.get("NumberOfFrames") or 1)
    decoded = int(source.Rows) * int(source.Columns) * int(source.SamplesPerPixel) * frames * int(source.BitsAllocated) // 8
    return max(1.0, decoded / len(source.PixelData))
