"""Writes a CT image with a distinct canary in every kind of patient data: ``canary.py OUT.dcm [--truncated]``.

Prints the canaries as a JSON list. Whoever finds one of them in a log, a key or an error message has found patient data there.
"""

import json
import sys
from pathlib import Path

from pydicom import dcmread
from pydicom.data import get_testdata_file

TEXTS = {
    "PatientName": "CanaryName^Given",
    "PatientID": "CanaryPatientId",
    "PatientBirthDate": "19010203",
    "PatientComments": "CanaryPatientComments",
    "OtherPatientNames": "CanaryOther^Name",
    "PatientAddress": "CanaryAddress",
    "AccessionNumber": "CanaryAccession",
    "StudyID": "CanaryStudyId",
    "StudyDescription": "CanaryStudyDescription",
    "SeriesDescription": "CanarySeriesDescription",
    "ReferringPhysicianName": "CanaryReferring^Physician",
    "PerformingPhysicianName": "CanaryPerforming^Physician",
    "OperatorsName": "CanaryOperator^Name",
    "InstitutionName": "CanaryInstitution",
    "InstitutionAddress": "CanaryInstitutionAddress",
    "StationName": "CanaryStation",
    "ImageComments": "CanaryImageComments",
}
UIDS = {
    "StudyInstanceUID": "1.2.826.0.1.71717171.1",
    "SeriesInstanceUID": "1.2.826.0.1.72727272.2",
    "SOPInstanceUID": "1.2.826.0.1.73737373.3",
    "FrameOfReferenceUID": "1.2.826.0.1.74747474.4",
}
PRIVATE = "CanaryPrivate"
CUT_BYTES = 6000


def main() -> int:
    """Write the file and print what was planted."""
    out, truncated = Path(sys.argv[1]), "--truncated" in sys.argv
    dataset = dcmread(str(get_testdata_file("CT_small.dcm", download=False)))
    uids = {name: f"{uid}.9" if truncated else uid for name, uid in UIDS.items()}
    for name, value in {**TEXTS, **uids}.items():
        setattr(dataset, name, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = uids["SOPInstanceUID"]
    dataset.private_block(0x0099, "CanaryCreator", create=True).add_new(0x01, "LO", PRIVATE)
    dataset.save_as(out)
    if truncated:
        out.write_bytes(out.read_bytes()[:-CUT_BYTES])
    parts = [part for text in TEXTS.values() for part in text.split("^") if part.startswith("Canary") or part.isdigit()]
    print(json.dumps([*parts, *UIDS.values(), PRIVATE, "CanaryCreator"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
