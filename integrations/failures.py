"""What a vendor's library raised, in our words.

Whatever the vendor wrote is read and not repeated: answers to a bad key may quote it. Raise the result `from None`, so
that it does not reach a log by way of the cause either.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import parsedate_to_datetime

import httpx2

from integrations import errors, outbound

_BY_STATUS: dict[int, type[errors.ProviderError]] = {
    400: errors.ProviderBadRequest,
    401: errors.ProviderBadKey,
    402: errors.ProviderNoQuota,
    403: errors.ProviderNotAllowed,
    404: errors.ProviderUnknownModel,
    408: errors.ProviderTimedOut,
    413: errors.ProviderBadRequest,
    422: errors.ProviderBadRequest,
    429: errors.ProviderRateLimited,
    504: errors.ProviderTimedOut,
}
# In this order, since a time-out is also a transport error.
_BY_CAUSE: tuple[tuple[type[BaseException], Callable[[], errors.ProviderError]], ...] = (
    (outbound.AddressRefused, errors.ProviderAddressRefused),
    (outbound.AnswerRefused, lambda: errors.ProviderMisbehaved("The answer is larger than we take, or compressed.")),
    (httpx2.TimeoutException, errors.ProviderTimedOut),
    (TimeoutError, errors.ProviderTimedOut),
    (httpx2.ConnectError, errors.ProviderUnreachable),
    (httpx2.TransportError, lambda: errors.ProviderUnreachable("The connection broke in the middle.")),
)
_NO_QUOTA = ("insufficient_quota", "exceeded your current quota", "credit balance", "billing")
_TOO_FAST = "rate_limit_exceeded"
_NO_MODEL = ("model_not_found", "invalid model", "model does not exist", "unknown model")
_LONGEST_WAIT = 3600.0
_TOO_LONG = ("maximum context length", "context_length", "too many tokens", "input is too long", "token limit")
_BAD_KEY = ("invalid_api_key", "incorrect api key", "invalid x-api-key", "api key not valid")


def of(error: Exception) -> errors.ProviderError:
    """The `ProviderError` that stands for what a vendor's library, or our client under it, raised."""
    if isinstance(error, errors.ProviderError):
        return error
    status = getattr(error, "status_code", None)
    if isinstance(status, int):
        failure = _of_status(status, f"{getattr(error, 'body', '')} {error}".lower())
        failure.retry_after = retry_after(getattr(getattr(error, "response", None), "headers", {}))
        return failure
    for cause in _causes(error):
        for kind, ours in _BY_CAUSE:
            if isinstance(cause, kind):
                return ours()
    return errors.ProviderMisbehaved()


def of_event(said: object) -> errors.ProviderError:
    """For a failure that comes as an event of a stream that began well."""
    words = str(said).lower()
    if any(word in words for word in _NO_QUOTA):
        return errors.ProviderNoQuota()
    if "rate_limit" in words or "rate limit" in words:
        return errors.ProviderRateLimited()
    return errors.ProviderFailed("The provider reports a failure of its own in the middle of the answer.")


def _of_status(status: int, said: str) -> errors.ProviderError:
    if status == 429 and _TOO_FAST in said:  # its message may advise to look after the billing
        return errors.ProviderRateLimited()
    if status in {400, 403, 404, 429} and any(word in said for word in _NO_QUOTA):
        return errors.ProviderNoQuota()
    if status in {400, 403, 422} and any(word in said for word in _NO_MODEL):
        return errors.ProviderUnknownModel()
    if status in {400, 413, 422} and any(word in said for word in _TOO_LONG):
        return errors.ProviderTextTooLong()
    if status in {400, 403} and any(word in said for word in _BAD_KEY):
        return errors.ProviderBadKey()
    if status in _BY_STATUS:
        return _BY_STATUS[status]()
    if 300 <= status < 400:
        return errors.ProviderMisbehaved("The provider redirects elsewhere, and keys do not follow. Check the address.")
    return errors.ProviderFailed(f"The provider reports a failure of its own (HTTP {status}).")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that a `Retry-After` asks for, as a number or a date; an hour at most."""
    said = headers.get("retry-after", "").strip()
    if said.isdecimal():
        return min(float(said), _LONGEST_WAIT)
    try:
        moment = parsedate_to_datetime(said)
    except (ValueError, OverflowError):
        return None
    return min(max(0.0, moment.timestamp() - time.time()), _LONGEST_WAIT)


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        yield at
        at = at.__cause__ or at.__context__
