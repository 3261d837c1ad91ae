"""Errors into answers: pages in Vietnamese for people, RFC 9457 problem JSON for machines."""

import logging

from flask import Flask, Response, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException

from helper.core.errors import ForbiddenError, InvalidError, NotFoundError
from helper.db import db

log = logging.getLogger(__name__)
RETRY_SECONDS = 5


def wants_json() -> bool:
    """Tell whether the asker is a machine (anything under /api/)."""
    return request.path.startswith("/api/")


def problem(status: int, code: str, title: str, **more: object) -> Response:
    """Return a problem JSON answer (RFC 9457); `code` is for programs, `title` for people."""
    answer = jsonify(
        {"type": "about:blank", "status": status, "code": code, "title": title, **more}
    )
    answer.status_code = status
    answer.content_type = "application/problem+json; charset=utf-8"
    if status in {429, 503}:
        answer.headers["Retry-After"] = str(RETRY_SECONDS)
    return answer


def init_app(app: Flask) -> None:
    """Register one handler for each kind of error."""
    app.register_error_handler(NotFoundError, lambda _e: _answer(404, "not_found"))
    app.register_error_handler(OverflowError, _holds_nothing)
    app.register_error_handler(DataError, _holds_nothing)
    app.register_error_handler(ForbiddenError, lambda _e: _answer(403, "forbidden"))
    app.register_error_handler(CSRFError, lambda _e: _answer(403 if wants_json() else 400, "csrf"))
    app.register_error_handler(InvalidError, _invalid)
    app.register_error_handler(OperationalError, _database_busy)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _words(code: str) -> tuple[str, str]:
    words = {
        "not_found": (
            _("Không tìm thấy trang này"),
            _("Có thể đường dẫn sai, hoặc trang không dành cho anh/chị."),
        ),
        "forbidden": (
            _("Chưa được giao việc này"),
            _("Vai trò của anh/chị không làm được việc này. Cần thì hỏi xã."),
        ),
        "csrf": (
            _("Trang đã cũ"),
            _("Hãy quay lại, tải lại trang rồi bấm lần nữa. Chưa có gì được lưu."),
        ),
        "invalid": (_("Chưa đúng"), _("Có chỗ chưa đúng.")),
        "busy": (_("Máy chủ đang bận"), _("Chưa lưu được. Chờ vài giây rồi bấm lại.")),
        "too_large": (_("Gửi quá nhiều một lúc"), _("Hãy gửi ít hơn.")),
        "bad_request": (_("Không đọc được yêu cầu"), _("Hãy quay lại và thử lần nữa.")),
        "error": (_("Máy chủ gặp lỗi"), _("Lỗi đã được ghi lại. Hãy thử lần nữa sau ít phút.")),
    }
    return words[code]


def _answer(status: int, code: str, **more: object) -> ResponseReturnValue:
    title, sentence = _words(code)
    if wants_json():
        return problem(status, code, title, **more)
    headers = {"Retry-After": str(RETRY_SECONDS)} if status in {429, 503} else {}
    page = render_template("errors/error.html", title=title, sentence=sentence, code=status)
    return page, status, headers


def _invalid(error: InvalidError) -> ResponseReturnValue:
    return _answer(422, "invalid", errors=error.problems)


def _database_busy(error: OperationalError) -> ResponseReturnValue:
    db.session.rollback()
    log.warning("database busy: %s", type(error.orig).__name__)
    return _answer(503, "busy")


def _holds_nothing(error: Exception) -> ResponseReturnValue:
    # A number too large or a letter that no column takes, in an address: no row bears it.
    if request.method not in {"GET", "HEAD"}:
        return _unexpected(error)
    db.session.rollback()
    return _answer(404, "not_found")


def _http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if 300 <= status < 400 or status == 304:
        return error
    codes = {404: "not_found", 403: "forbidden", 413: "too_large"}
    fallback = "bad_request" if status < 500 else "error"
    answer = current_app.make_response(_answer(status, codes.get(status, fallback)))
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    if current_app.testing and current_app.config.get("PROPAGATE_EXCEPTIONS"):
        raise error
    # The trace names code, not people; values of variables are not logged.
    log.error("unexpected: %s", type(error).__name__, exc_info=error)
    return _answer(500, "error")
