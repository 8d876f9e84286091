"""Tells ECS not to end this task while it works: the agent's task protection endpoint."""

import json
import threading

import urllib3

from mip_sdk.log import Log

# Idle for so long, and the protection goes: between two jobs it stays, for ECS limits how often it may change.
_LINGER_S = 10.0
# Should the worker hang, the protection ends by itself; renewed at half of it. ECS takes whole minutes.
_EXPIRES_MINUTES = 60
_RENEW_S = _EXPIRES_MINUTES * 30.0
_RETRY_S = 15.0


class TaskProtection:
    """On while a job runs. Without it nothing is lost, for a job that is stopped is handed back: a failure is only logged."""

    def __init__(self, agent_uri: str | None, log: Log, linger_s: float = _LINGER_S) -> None:
        self._url = f"{agent_uri}/task-protection/v1/state" if agent_uri else None
        self._log = log
        self._linger_s = linger_s
        self._http = urllib3.PoolManager(timeout=urllib3.Timeout(5), retries=False)
        self._jobs = 0
        self._changed = threading.Condition()
        self._over = False
        self._thread = threading.Thread(target=self._run, name="protection", daemon=True)

    def start(self) -> None:
        """Begin to follow the jobs."""
        if self._url:
            self._thread.start()

    def stop(self) -> None:
        """The last job has ended: the task may go."""
        with self._changed:
            self._over = True
            self._changed.notify()
        if self._url:
            self._thread.join()

    def count(self, change: int) -> None:
        """So many more jobs, or fewer."""
        with self._changed:
            self._jobs += change
            self._changed.notify()

    def _run(self) -> None:
        on = False
        while True:
            with self._changed:
                if not on:
                    self._changed.wait_for(lambda: self._jobs > 0 or self._over)
                elif not self._changed.wait_for(lambda: self._jobs == 0 or self._over, _RENEW_S):
                    on = False  # time to renew
                elif self._changed.wait_for(lambda: self._jobs > 0 or self._over, self._linger_s) and not self._over:
                    continue
                wanted, over = self._jobs > 0 and not self._over, self._over
            if wanted != on:
                on = wanted if self._put(wanted) else on
                if on != wanted and not over:
                    self._pause()
            if over:
                return

    def _pause(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._over, _RETRY_S)

    def _put(self, enabled: bool) -> bool:
        body = {"ProtectionEnabled": enabled, **({"ExpiresInMinutes": _EXPIRES_MINUTES} if enabled else {})}
        headers = {"content-type": "application/json"}
        try:
            answer = self._http.request("PUT", str(self._url), body=json.dumps(body), headers=headers)
        except urllib3.exceptions.HTTPError as error:
            self._log.warn("protection-failed", fault=type(error).__name__)
            return False
        if answer.status != 200:
            self._log.warn("protection-failed", fault=f"HTTP {answer.status}")
        return answer.status == 200
