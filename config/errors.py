"""Every refusal leaves as problem details (RFC 9457, `application/problem+json`), mapped here and only here."""

from __future__ import annotations

import logging
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from config.middleware import PAGES
from tenants.errors import Forbidden, Invalid, NotFound, Problem, Unauthenticated

log = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"
_CODES = {
    exceptions.ParseError: "malformed",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.NotAcceptable: "not_acceptable",
}


class TooLarge(Problem):
    status, code, title = 413, "too_large", gettext_lazy("The request is too large")


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. What is not known here is a bug: it goes on to Django's 500."""
    problem = as_problem(error)
    if problem is None:
        return None
    set_rollback()
    response = Response(body(problem), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    if problem.status == Unauthenticated.status:
        response["WWW-Authenticate"] = 'Bearer realm="parley"'
    return response


def as_problem(error: Exception) -> Problem | None:
    """The problem that an exception stands for, or `None`."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return Invalid(errors=_flat(error.detail))
    if isinstance(error, Http404):
        return NotFound()
    if isinstance(error, PermissionDenied | exceptions.PermissionDenied):
        return Forbidden()
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return Unauthenticated()
    if isinstance(error, RequestDataTooBig | TooManyFilesSent):
        return TooLarge()
    if isinstance(error, RecursionError):  # a body of a hundred thousand brackets; nothing of ours nests without end
        return Invalid("The request is nested too deeply.", code="malformed")
    return _from_rest(error) if isinstance(error, exceptions.APIException) else None


def _from_rest(error: exceptions.APIException) -> Problem:
    problem = Problem(str(error.detail), code=_CODES.get(type(error), "error"))
    problem.status = error.status_code
    problem.title = str(error.default_detail)
    return problem


def body(problem: Problem) -> dict[str, Any]:
    members: dict[str, Any] = {
        "type": f"urn:parley:problem:{problem.code}",
        "title": str(problem.title),
        "status": problem.status,
        "detail": _whole(problem.detail),
        "code": problem.code,
    }
    errors = {_whole(name): [_whole(said) for said in sentences] for name, sentences in problem.errors.items()}
    return members | ({"errors": errors} if errors else {})


def _whole(text: str) -> str:
    """Without half characters: a refusal may quote them from the request, and UTF-8 has no room for them."""
    return text.encode("utf-8", "replace").decode()


def _flat(detail: Any, path: str = "") -> dict[str, list[str]]:  # noqa: ANN401 -- DRF's nested errors
    """DRF's nested errors as sentences by dotted field name."""
    if isinstance(detail, dict):
        found: dict[str, list[str]] = {}
        for name, inner in detail.items():
            found |= _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".strip("."))
        return found
    if isinstance(detail, list) and any(isinstance(inner, dict | list) for inner in detail):
        return _flat({str(at): inner for at, inner in enumerate(detail) if inner}, path)
    return {path or "body": [str(item) for item in (detail if isinstance(detail, list) else [detail])]}


def respond(problem: Problem) -> JsonResponse:
    """A problem outside of DRF."""
    response = JsonResponse(body(problem), status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    return response


def _answer(request: HttpRequest, problem: Problem) -> HttpResponse:
    """A page where a person looks, problem details everywhere else. No request in the page: it may be what broke."""
    if not request.path_info.startswith(PAGES):
        return respond(problem)
    return HttpResponse(render_to_string("error.html", {"problem": problem}), status=problem.status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, NotFound(_("There is nothing at this address.")))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, Invalid(_("The request is malformed."), code="malformed"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, Forbidden(_("You may not do this.")))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that is not ours, or older than the session it was made in."""
    return _answer(request, Forbidden(_("This form is too old. Go back, reload the page and try again."), code="csrf"))


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, Problem(_("This is our fault, and it was recorded.")))
