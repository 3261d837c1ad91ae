"""The real server, as bin/serve starts it, on a free port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUNICORN = ("-k", "gthread", "--threads", "4", "--timeout", "30", "--graceful-timeout", "5")
GUNICORN += ("--keep-alive", "5", "--no-control-socket")
GUNICORN += ("--limit-request-line", "4094", "--limit-request-fields", "60")
START_SECONDS = 30


@dataclass(frozen=True)
class LiveServer:
    """A running server: its address, its process (gunicorn's master) and its log."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def __str__(self) -> str:
        return self.url

    def __add__(self, path: str) -> str:
        return self.url + path


def free_port() -> int:
    """Return a port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serve(environment: Mapping[str, str], log: Path, workers: int = 2) -> Iterator[LiveServer]:
    """Run gunicorn until the block ends; `environment` is added to a clean one."""
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "app:app", "-w", str(workers), *GUNICORN]
    command += ["--bind", f"127.0.0.1:{port}"]
    url = f"http://127.0.0.1:{port}"
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("HELPER_", "FLASK_", "GUNICORN_")) and key != "DATABASE_URL"
    }
    env |= {"HELPER_BASE_URL": url, **environment}
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        server = LiveServer(url, process, log)
        try:
            wait_until_alive(server)
            yield server
        finally:
            stop(process)


def wait_until_alive(server: LiveServer) -> None:
    """Return when /livez answers; raise with the end of the log when it does not."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.process.poll() is None:
        try:
            with urllib.request.urlopen(server + "/livez", timeout=2) as answer:  # noqa: S310
                if answer.status == 200:
                    return
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        time.sleep(0.1)
    tail = server.log.read_text(errors="replace")[-4000:]
    raise RuntimeError(f"the server did not answer /livez within {START_SECONDS} s:\n{tail}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End the server; kill it when it does not end in time."""
    if process.poll() is None:
        process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
