"""The OpenAPI 3.1 document of `/api/v1`."""

from typing import Any

PLACE = {"type": "string", "pattern": "^(VN|[0-9]{2}|[0-9]{5}|[0-9]{5}-[0-9]{3})$"}
PERIOD = {"type": "string", "examples": ["2026-11", "r2026-11", "2026-W47", "2026-Q4"]}
WHOLE = {"type": "integer", "minimum": 0}


def document() -> dict[str, Any]:
    """Return the description of every address of the API."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tổ công nghệ số cộng đồng", "version": "1"},
        "servers": [{"url": "/api/v1"}],
        "paths": {
            "/places": _get("Places below one", [("parent", PLACE, False)], "Places"),
            "/catalogue": _get("Support types, outcomes, reasons", [], "Catalogue"),
            "/tallies": _get(
                "Sums of a place and period",
                [
                    ("place", PLACE, True),
                    ("period", PERIOD, False),
                    ("by", _one_of("none", "province", "commune", "village"), False),
                    ("dim", _one_of("support_type", "group", "outcome", "reason", "day"), False),
                ],
                "Tally",
            ),
            "/visits": _get(
                "Visits in scope, newest first",
                [
                    ("place", PLACE, True),
                    ("period", PERIOD, False),
                    ("limit", {"type": "integer", "minimum": 1, "maximum": 500}, False),
                    ("cursor", {"type": "string"}, False),
                ],
                "Visits",
            ),
            "/csrf": _get("A CSRF token for this session", [], "Csrf"),
            "/sync": {"post": _sync()},
            "/openapi.json": _get("This document", [], "Any"),
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "session"},
            },
        },
        "security": [{"bearer": []}, {"session": []}],
    }


def _get(
    summary: str, parameters: list[tuple[str, dict[str, Any], bool]], schema: str
) -> dict[str, Any]:
    return {
        "get": {
            "summary": summary,
            "parameters": [
                {"name": name, "in": "query", "required": required, "schema": kind}
                for name, kind, required in parameters
            ],
            "responses": {
                "200": _json("The answer", schema),
                "304": {"description": "Not changed (ETag)"},
                **{code: _problem(words) for code, words in _PROBLEMS.items()},
            },
        }
    }


_PROBLEMS = {
    "401": "Nobody is signed in",
    "403": "In scope, but not granted",
    "404": "No such place, or outside the scope",
    "422": "A parameter is wrong",
}


def _sync() -> dict[str, Any]:
    return {
        "summary": "Send a batch of visits; one result an item, in order",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Batch"}}},
        },
        "responses": {
            "200": _json("Results in the order of the items", "BatchAnswer"),
            "400": _problem("The envelope cannot be read; nothing stored"),
            "401": _problem("No session and no outbox token"),
            "403": _problem("CSRF token missing or stale: code `csrf`"),
            "413": _problem("Over 100 items or 524,288 bytes unpacked"),
            "503": _problem("Busy; see Retry-After"),
        },
    }


def _json(description: str, schema: str) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}


def _problem(description: str) -> dict[str, Any]:
    reference = {"$ref": "#/components/schemas/Problem"}
    return {
        "description": description,
        "content": {"application/problem+json": {"schema": reference}},
    }


def _one_of(*values: str) -> dict[str, Any]:
    return {"type": "string", "enum": list(values)}


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties}


def _array(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _schemas() -> dict[str, Any]:
    text = {"type": "string"}
    maybe = {"type": ["string", "null"]}
    total = _object(
        sessions=WHOLE, person_turns=WHOLE, turns=WHOLE, cards=WHOLE, people_without_card=WHOLE
    )
    span = _object(name=text, start=text, end=text)
    return {
        "Any": {"type": "object"},
        "Problem": _object(type=text, status=WHOLE, code=text, title=text),
        "Csrf": _object(csrf_token=text),
        "Places": _object(
            places=_array(_object(code=text, name=text, kind=text, type=text, parent=maybe))
        ),
        "Catalogue": _object(version=text, support_types=_array({"type": "object"})),
        "Tally": _object(
            place=_object(code=text, name=text),
            period=span,
            as_of=text,
            rows=_array(_object(place=text, sessions=WHOLE, turns=WHOLE)),
            people=_array(_object(place=text, group=maybe, cards=WHOLE, people_without_card=WHOLE)),
            total=total,
            compare=_object(running=total, before=total, last_year=total),
        ),
        "Visits": _object(visits=_array(_object(id=text, rev=WHOLE, receipt=maybe)), next=maybe),
        "Batch": _object(
            proto={"const": 1},
            device=text,
            app=text,
            now=text,
            items=_array(
                _object(
                    id=text,
                    rev=WHOLE,
                    op=_one_of("put", "del"),
                    recorded_at=text,
                    reason=text,
                    body={"type": "object"},
                )
            ),
        ),
        "BatchAnswer": _object(
            results=_array(
                _object(
                    id=maybe,
                    rev={"type": ["integer", "null"]},
                    status=_one_of(
                        "accepted", "duplicate", "stale", "conflict", "rejected", "later"
                    ),
                    receipt=maybe,
                    errors={"type": "object", "additionalProperties": text},
                )
            ),
            server_time=text,
        ),
    }
