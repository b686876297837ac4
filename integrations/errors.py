"""What can go wrong with a provider, as one family of problems.

A visitor sees `detail`, which is the same kind sentence for all of them; `owner_detail` says what is wrong in words for
the tenant whose provider it is, in English, since it is kept with what failed (integrations.words says it again).
Neither ever holds a key: what a vendor wrote back is not repeated, it may quote one.
"""

from __future__ import annotations

from django.utils.translation import gettext_noop

from tenants.errors import Problem

FOR_VISITORS = "The assistant cannot answer at the moment. Please try again later."


class ProviderError(Problem):
    """A provider did not answer. `retryable` says whether the same request may do better a moment later, `retry_after`
    in how many seconds, where the provider says so."""

    status, code, title = 502, "provider_failed", "The provider did not answer"
    owner_says = gettext_noop("The provider answered with something that is not an answer.")
    retryable = False

    def __init__(self, owner_detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(FOR_VISITORS)
        self.owner_detail = owner_detail or self.owner_says
        self.retry_after = retry_after


class ProviderFailed(ProviderError):
    retryable = True


class ProviderMisbehaved(ProviderError):
    """What came is no answer, and would be none a moment later."""


class ProviderBadKey(ProviderError):
    code = "provider_bad_key"
    owner_says = gettext_noop(
        "The provider does not accept this key. Check that it is whole, current and of the right account."
    )


class ProviderNotAllowed(ProviderError):
    code = "provider_not_allowed"
    owner_says = gettext_noop(
        "The provider knows this key and does not allow it this request. Check the key's permissions."
    )


class ProviderUnknownModel(ProviderError):
    code = "provider_unknown_model"
    owner_says = gettext_noop("The provider has no such model, or not for this key.")


class ProviderBadRequest(ProviderError):
    code = "provider_bad_request"
    owner_says = gettext_noop(
        "The provider refused the request as it is: a setting of the bot or of the provider does not suit it."
    )


class ProviderTextTooLong(ProviderError):
    code = "provider_text_too_long"
    owner_says = gettext_noop(
        "The text is longer than this model reads. Choose another model, or smaller chunks or less history."
    )


class ProviderNoQuota(ProviderError):
    code = "provider_no_quota"
    owner_says = gettext_noop("The account at the provider has no credit or quota left.")


class ProviderRateLimited(ProviderError):
    status, code = 503, "provider_rate_limited"
    owner_says = gettext_noop("The provider asks to slow down: this key sends too many requests or tokens a minute.")
    retryable = True


class ProviderNotAsked(ProviderRateLimited):
    """The same, before anything was sent: the key's budget is used up, or the provider wants to be left alone."""


class ProviderUnreachable(ProviderError):
    code = "provider_unreachable"
    owner_says = gettext_noop("The provider's address could not be reached. Check the address, and that it is public.")
    retryable = True


class ProviderTimedOut(ProviderError):
    status, code = 504, "provider_timed_out"
    owner_says = gettext_noop("The provider did not answer in time.")
    retryable = True


class ProviderPaused(ProviderError):
    """It failed several times in a row, and is not asked for a while."""

    status, code = 503, "provider_paused"
    owner_says = gettext_noop(
        "This provider failed several times in a row and is left alone for a moment; then it is tried again."
    )


class ProviderInactive(ProviderError):
    code = "provider_inactive"
    owner_says = gettext_noop("This provider is switched off.")


class ProviderKeyUnreadable(ProviderError):
    code = "provider_key_unreadable"
    owner_says = gettext_noop("The stored key cannot be opened any more. Enter it again.")


class ProviderAddressRefused(ProviderError):
    code = "provider_address_not_allowed"
    owner_says = gettext_noop("The provider's address leads to a private network, where providers are not looked for.")
