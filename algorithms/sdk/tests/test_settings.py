import json
from pathlib import Path
from typing import Any

import pytest

from mip_sdk.dicomweb import DicomWebPacs
from mip_sdk.limits import memory_share
from mip_sdk.loading import load_processor
from mip_sdk.message import Pacs
from mip_sdk.pacs_http import PacsHttp
from mip_sdk.settings import SettingsFault, settings_from
from mip_sdk.transient import Unavailable

FULL = {
    "MIP_ALGORITHM": "window-level",
    "MIP_VERSION": "1.2.3",
    "MIP_IMAGE_DIGEST": "sha256:ab",
    "MIP_QUEUE_URL": "http://queue",
    "MIP_JOBS_TABLE": "jobs",
    "MIP_IMAGES_BUCKET": "images",
    "MIP_IMAGES_TABLE": "mip-images",
    "MIP_RESULTS_BUCKET": "results",
    "MIP_PLATFORM": "local",
    "MIP_IMAGES_KEY": "secret-key",
    "MIP_ENTRY": json.dumps({"input": {"units": "hu"}, "regulatory": {"status": "cleared"}}),
    "MIP_COMMIT": "c0ffee",
    "MIP_PLAN_DIGEST": "sha256:cd",
    "MIP_MAX_IMAGE_BYTES": "1000",
    "MIP_THREADS": "4",
    "AWS_REGION": "eu-central-1",
}
PROCESSOR = """
from mip_sdk import BaseProcessor
class {name}(BaseProcessor):
    def process_image(self, image_data, parameters):
        raise NotImplementedError
"""


def test_all_settings_are_read() -> None:
    settings = settings_from(FULL)
    about = settings.provenance
    assert (about.algorithm, about.version, about.commit, about.plan_digest) == ("window-level", "1.2.3", "c0ffee", "sha256:cd")
    assert (settings.units, settings.regulatory, settings.threads, settings.most_bytes) == ("hu", "cleared", 4, 1000)


def test_what_may_be_left_out_has_a_safe_default() -> None:
    optional = ("MIP_ENTRY", "MIP_COMMIT", "MIP_PLAN_DIGEST", "MIP_MAX_IMAGE_BYTES", "MIP_THREADS", "AWS_REGION")
    settings = settings_from({name: value for name, value in FULL.items() if name not in optional})
    assert (settings.units, settings.regulatory, settings.threads, settings.most_bytes) == ("stored", "research", None, None)


@pytest.mark.parametrize(
    "changed",
    [
        {"MIP_QUEUE_URL": ""},
        {"MIP_ENTRY": "{"},
        {"MIP_ENTRY": "[]"},
        {"MIP_ENTRY": '{"input": {"units": "furlongs"}}'},
        {"MIP_THREADS": "many"},
        {"MIP_THREADS": "0"},
        {"MIP_MAX_IMAGE_BYTES": "-1"},
        {"MIP_IMAGES_TABLE": ""},
        {"MIP_DEAD_LETTERS": "http://somewhere"},
        {"MIP_LIFETIME": "0"},
        {"MIP_LIFETIME": "1h"},
        {"MIP_PACS": "{"},
        {"MIP_PACS": "{}"},
        {"MIP_PACS": "[1]"},
        {"MIP_PACS": '[{"name": "hospital"}]'},
        {"MIP_PACS": '[{"name": "hospital", "url": "https://pacs", "timeout": "soon"}]'},
        {"MIP_PACS": '[{"name": "hospital", "url": "https://pacs", "rate": 3}]'},
        {"MIP_PACS": '[{"name": "hospital", "url": "https://pacs", "ca": "no certificate"}]'},
        {"MIP_PACS": '[{"name": "hospital", "url": "http://pacs.example.org"}]'},
        {"MIP_PACS": '[{"name": "hospital", "url": "ftp://127.0.0.1"}]'},
    ],
)
def test_a_wrong_variable_is_named_and_no_value_is_told(changed: dict[str, str]) -> None:
    [name] = changed
    with pytest.raises(SettingsFault, match=name) as caught:
        settings_from({**FULL, **changed})
    assert "secret-key" not in str(caught.value)


@pytest.mark.parametrize(
    "secret",
    [
        None,
        "",
        "password",
        "[]",
        "{}",
        '{"username": "mip"}',
        '{"username": "mip", "password": ""}',
        '{"headers": "x"}',
        '{"headers": {"x-key": 1}}',
        '{"bearer_token": null}',
        '{"bearer_token": "two\\nlines"}',
    ],
)
def test_a_pacs_whose_secret_holds_no_credentials_keeps_no_worker_from_starting(secret: str | None) -> None:
    """As it is between the platform's deployment and the moment when somebody fills it."""
    environment = {**FULL, "MIP_PACS": '[{"name": "city-hospital", "url": "https://127.0.0.1:9", "credentials": true}]'}
    if secret is not None:
        environment["MIP_PACS_SECRET_CITY_HOSPITAL"] = secret
    [server] = settings_from(environment).pacs
    assert not server.has_credentials
    with pytest.raises(Unavailable, match="holds no credentials yet") as caught:
        DicomWebPacs(PacsHttp(server)).fetch(Pacs("1.2"))
    assert caught.value.event == "pacs-denied"


def test_pacs_are_read_with_the_built_in_store_beside_them() -> None:
    listed = [
        {"name": "hospital", "url": "https://pacs/dicom-web/", "rate": {"requests_per_second": 20, "concurrent": 2}, "timeout": 9}
    ]
    own = {"MIP_IMAGE_STORE_URL": "http://store.mip/dicomweb", "MIP_WORKERS_KEY": "workers-key"}
    given = {**FULL, **own, "MIP_PACS": json.dumps(listed), "MIP_DEFAULT_PACS": "hospital"}
    settings = settings_from({**given, "MIP_ENTRY": '{"output": {"store": ["s3", "pacs"]}}'})
    built_in, hospital = settings.pacs
    assert (built_in.name, built_in.url, dict(built_in.headers)) == (
        "built-in",
        "http://store.mip/dicomweb",
        {"x-api-key": "workers-key"},
    )
    assert (hospital.url, hospital.requests_per_second, hospital.concurrent, hospital.timeout_s, hospital.headers) == (
        "https://pacs/dicom-web",
        20,
        2,
        9,
        {},
    )
    assert (settings.default_pacs, settings.delivers) == ("hospital", True)
    plain = settings_from(FULL)
    assert (plain.pacs, plain.default_pacs, plain.delivers) == ((), "built-in", False)


@pytest.mark.parametrize("file", ["algorithm.py", "adapter.py"])
def test_the_one_processor_of_a_folder_is_found(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text(PROCESSOR.format(name="One"))
    processor: Any = load_processor(tmp_path, threads=3)
    assert (type(processor).__name__, processor.folder, processor.threads) == ("One", tmp_path, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [(None, "neither"), ("", "0 subclasses"), (PROCESSOR.format(name="A") + PROCESSOR.format(name="B"), "2 subclasses")],
)
def test_a_folder_without_exactly_one_processor_is_refused(tmp_path: Path, text: str | None, words: str) -> None:
    if text is not None:
        (tmp_path / "algorithm.py").write_text(text)
    with pytest.raises(LookupError, match=words):
        load_processor(tmp_path, threads=1)


def test_the_limits_of_a_job_come_from_its_task() -> None:
    sized = {"MIP_CHILDREN": "2", "MIP_MEMORY_MIB": "2176", "MIP_TIMEOUT": "300", "MIP_MAX_RESULT_BYTES": "5"}
    settings = settings_from({**FULL, **sized})
    assert (settings.children, settings.limits.seconds, settings.most_result_bytes) == (2, 300, 5)
    assert settings.limits.octets == 1024 * 1024 * 1024
    assert settings_from({**FULL, "QUEUE_URL": "", "MIP_QUEUE_URL": "http://x/mip-a-requests.fifo"}).dead_letter_url == (
        "http://x/mip-a-requests-dlq.fifo"
    )


def test_a_candidate_has_no_dead_letters_and_a_lifetime() -> None:
    plain = settings_from(FULL)
    assert (plain.dead_letter_url, plain.lifetime_s) == ("http://queue", None)
    given = {"MIP_DEAD_LETTERS": "none", "MIP_DEAD_LETTER_URL": "http://somewhere", "MIP_LIFETIME": "600"}
    settings = settings_from({**FULL, **given})
    assert (settings.dead_letter_url, settings.lifetime_s) == (None, 600)


def test_a_small_task_keeps_half_of_its_memory_for_the_job() -> None:
    assert memory_share(128, 1) == 64 * 1024 * 1024
