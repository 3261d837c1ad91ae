"""Logs as JSON lines without personal data: the route's template, never its values or the body."""

import json
import logging
import sys
import time
from datetime import UTC, datetime
from uuid import uuid4

from flask import Flask, Response, g, request

from helper.web.access import find_actor

log = logging.getLogger("helper.request")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, times in UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line; line breaks inside stay escaped."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = self._frames(record)
        return json.dumps(line, ensure_ascii=False)

    @staticmethod
    def _frames(record: logging.LogRecord) -> list[str]:
        # Places in the code only: messages of database errors quote the values of a statement.
        trace = record.exc_info[2] if record.exc_info else None
        frames = []
        while trace:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        return frames[-12:]


def init_app(app: Flask) -> None:
    """Send the application's logs to standard error as JSON and write one line a request."""
    root = logging.getLogger("helper")
    if not root.handlers:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
        root.addHandler(handler)
        root.propagate = False
    root.setLevel(logging.WARNING if app.testing else logging.INFO)

    @app.before_request
    def start() -> None:
        g.request_id = uuid4().hex[:12]
        g.started = time.perf_counter()

    @app.after_request
    def finish(response: Response) -> Response:
        if request.endpoint != "static" and log.isEnabledFor(logging.INFO):
            actor = find_actor() if "_login_user" in g else None
            fields = {
                "request": g.get("request_id"),
                "method": request.method,
                "route": request.url_rule.rule if request.url_rule else None,
                "status": response.status_code,
                "ms": round((time.perf_counter() - g.get("started", 0)) * 1000, 1),
                "actor": actor.user_id if actor else None,
            }
            log.info("request", extra={"fields": fields})
        response.headers["X-Request-Id"] = g.get("request_id", "")
        return response
