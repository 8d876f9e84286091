"""The API, asked for whatever its document allows and forbids: never a 5xx, nothing that the document does not have."""

import os
from pathlib import Path

import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import checks

ROOT = Path(__file__).parents[2]
FULL = bool(os.environ.get("MIP_TEST_FULL"))
KEYS = {"x-api-key": "mip_" + "a" * 43, "x-admin-key": "mipadmin_" + "d" * 43}
# What there is: without these names nearly everything is 404.
KNOWN = {"job_id": "job-1", "name": "window-level", "file": "result-0001.dcm", "id": "2024-01-01T00:00:00.000Z-aaaaaaaaaaaa"}

checks.load_all_checks()
ANSWER = checks.CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
REQUEST = checks.CHECKS.get_by_names(["negative_data_rejection", "unsupported_method", "allow_header_conformance", "ignored_auth"])

# Beside those that schemathesis expects of bad requests.
REFUSALS = ["400", "401", "403", "404", "405", "409", "410", "413", "414", "415", "422"]
config = schemathesis.Config.from_dict(
    {
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}},
        "phases": {"coverage": {"enabled": FULL}},
    }
)
schema = schemathesis.openapi.from_path(ROOT / "schemas/openapi.json", config=config)
many = settings(max_examples=200 if FULL else 10, deadline=None, suppress_health_check=list(HealthCheck))


@schema.parametrize()
@many
def test_any_request(case: schemathesis.Case, address: str) -> None:
    case.call_and_validate(base_url=address, headers=KEYS, checks=[*ANSWER, *REQUEST])


@schema.include(path_regex=r"\{").parametrize()
@many
def test_any_request_about_what_there_is(case: schemathesis.Case, address: str) -> None:
    case.path_parameters |= {name: KNOWN[name] for name in case.path_parameters if name in KNOWN}
    case.call_and_validate(base_url=address, headers=KEYS, checks=ANSWER)
