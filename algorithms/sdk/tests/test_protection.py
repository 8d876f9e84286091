"""Task protection: on while a job runs, off when the worker has been idle for a while, never in the way of a job."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from mip_sdk.log import Log
from mip_sdk.protection import TaskProtection

PATIENCE_S = 30


class Agent:
    """ECS's agent: what it was asked, and a way to wait for that."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.status = 200
        self.heard = threading.Semaphore(0)
        agent = self

        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                agent.asked.append((self.path, body))
                self.send_response(agent.status)
                self.send_header("content-length", "0")
                self.end_headers()
                agent.heard.release()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def uri(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/api/task"

    def waits(self) -> None:
        assert self.heard.acquire(timeout=PATIENCE_S)


@pytest.fixture
def agent() -> Iterator[Agent]:
    agent = Agent()
    yield agent
    agent.server.shutdown()


def test_it_is_on_with_the_first_job_and_off_after_the_last(agent: Agent) -> None:
    protection = TaskProtection(agent.uri, Log(io.StringIO()), linger_s=0.05)
    protection.start()
    protection.count(+1)
    agent.waits()
    protection.count(+1)
    protection.count(-1)
    protection.count(-1)
    agent.waits()
    protection.stop()
    path = "/api/task/task-protection/v1/state"
    on, off = {"ProtectionEnabled": True, "ExpiresInMinutes": 60}, {"ProtectionEnabled": False}
    assert agent.asked == [(path, on), (path, off)]


def test_between_two_jobs_it_stays_and_a_stop_takes_it_off(agent: Agent) -> None:
    protection = TaskProtection(agent.uri, Log(io.StringIO()), linger_s=60)
    protection.start()
    protection.count(+1)
    agent.waits()
    for _ in range(20):
        protection.count(-1)
        protection.count(+1)
    protection.count(-1)
    protection.stop()
    assert [body["ProtectionEnabled"] for _, body in agent.asked] == [True, False]


def test_an_agent_that_refuses_is_logged_and_holds_nothing_up(agent: Agent) -> None:
    agent.status = 500
    logged = io.StringIO()
    protection = TaskProtection(agent.uri, Log(logged), linger_s=0.01)
    protection.start()
    protection.count(+1)
    agent.waits()
    protection.count(-1)
    protection.stop()
    assert {json.loads(line)["event"] for line in logged.getvalue().splitlines()} == {"protection-failed"}


def test_without_an_agent_nothing_is_asked() -> None:
    protection = TaskProtection(None, Log(io.StringIO()))
    protection.start()
    protection.count(+1)
    protection.stop()
