"""Finds the algorithm in its folder."""

import importlib.util
import inspect
from pathlib import Path

from mip_sdk.input_check import InputCheck
from mip_sdk.measurements import check_declared
from mip_sdk.processing import Processing
from mip_sdk.processor import BaseProcessor
from mip_sdk.settings import ProcessingSettings, processors


def load_processing(settings: ProcessingSettings) -> Processing:
    """The algorithm, ready to process images as the settings say.

    Raises
    ------
    LookupError
        As for ``load_processor``, and when the entry declares a measurement that cannot be made.
    """
    check_declared(settings.output)
    processor = load_processor(settings.folder, settings.threads or processors())
    check = InputCheck(settings.input)
    return Processing(
        processor,
        settings.units,
        settings.provenance,
        settings.regulatory,
        settings.most_bytes,
        check=check,
        output=settings.output,
    )


def load_processor(folder: Path, threads: int) -> BaseProcessor:
    """The one ``BaseProcessor`` of ``algorithm.py`` (Python) or ``adapter.py`` (OpenMP).

    Raises
    ------
    LookupError
        When the folder has neither file, or the file not exactly one such class.
    """
    path = next((folder / name for name in ("algorithm.py", "adapter.py") if (folder / name).is_file()), None)
    spec = importlib.util.spec_from_file_location("mip_algorithm", path) if path else None
    if path is None or spec is None or spec.loader is None:
        raise LookupError(f"{folder} has neither algorithm.py nor adapter.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, BaseProcessor) and not inspect.isabstract(member) and member.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise LookupError(f"{path} has {len(found)} subclasses of BaseProcessor; it needs one")
    return found[0](folder, threads)
