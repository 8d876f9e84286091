"""A job for a worker in a container: ``job.py ENDPOINT submit|await ALGORITHM FILE PARAMETERS ORACLE``.

``submit`` makes queue, table and buckets and sends the job; prints the queue's URL. ``await`` waits until the job has ended; prints
its state, and whether the result is what the oracle expects.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from tempfile import NamedTemporaryFile

from check import compare
from cloud import Cloud
from made import message_of
from shipped import path_of

PATIENCE_S = 120


def main() -> None:
    endpoint, verb, algorithm, file, parameters, oracle = sys.argv[1:]
    given = json.loads(parameters)
    octets = path_of(file).read_bytes()
    if verb == "submit":
        cloud = Cloud(endpoint)
        cloud.submit(octets, algorithm, given)
        print(json.dumps({"queue_url": cloud.queue_url}))
        return
    cloud = Cloud.__new__(Cloud)
    cloud.s3, cloud.dynamodb = (importlib.import_module("cloud").client(name, endpoint) for name in ("s3", "dynamodb"))
    job = message_of(octets, algorithm, given)
    end = time.monotonic() + PATIENCE_S
    while (record := cloud.record(job)).get("state") in ("queued", "running") and time.monotonic() < end:
        time.sleep(0.2)
    [result] = [content for name, content in cloud.results().items() if name.endswith(".dcm")] or [b""]
    with NamedTemporaryFile(suffix=".dcm") as made:
        made.write(result)
        made.flush()
        equal = bool(result) and compare(Path(oracle), str(path_of(file)), made.name, given)["equal"]
    print(json.dumps({"state": record.get("state"), "equal": equal}))


if __name__ == "__main__":
    main()
