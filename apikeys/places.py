"""Where somebody is signed in: browsers, and programs that hold a token of theirs.

In: a user, and which of their places. Out: the places, or that one is ended. What is ended is out at its next request:
the session's row is gone, and so is the token's. Somebody else's place is none.
"""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.models import AccessToken
from tenants import audit
from tenants.errors import NotFound
from tenants.models import User
from tenants.types import Principal


def sessions(user: User) -> list[UserSession]:
    """The browsers, the one used first at the top."""
    found = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda session: session.created_at)


def tokens(user: User) -> list[AccessToken]:
    """The tokens that still open anything, the newest first."""
    rows = AccessToken.objects.select_related("tenant").filter(user=user, expiry__gt=timezone.now())
    mark = user.get_session_auth_hash()
    return [token for token in rows.order_by("-created", "digest") if token.password_mark == mark]


def session(user: User, number: int) -> UserSession:
    """The browser of this number. Raises `NotFound`, also for somebody else's."""
    found = UserSession.objects.filter(user=user, id=number).first()
    if found is None:
        raise NotFound(_("You are not signed in there."))
    return found


def token(user: User, number: str) -> AccessToken:
    """The token of this number. Raises `NotFound`, also for somebody else's."""
    rows = AccessToken.objects.filter(user=user)
    found: AccessToken | None = next((row for row in rows if row.number == number), None)
    if found is None:
        raise NotFound(_("You are not signed in there."))
    return found


def end(user: User, place: UserSession | AccessToken) -> None:
    """Sign out there."""
    with transaction.atomic():
        _end(place)
        _note(user, places=1)


def end_others(user: User, *, here: str) -> None:
    """Sign out everywhere but in the browser with the session `here`."""
    with transaction.atomic():
        if ended := end_all(user, but=here):
            _note(user, places=ended)


def end_all(user: User, *, but: str = "") -> int:
    """End every place, except the session `but`, without a word in the audit; answers how many there were."""
    left = [*UserSession.objects.filter(user=user).exclude(session_key=but), *AccessToken.objects.filter(user=user)]
    for place in left:
        _end(place)
    return len(left)


def _end(place: UserSession | AccessToken) -> None:
    place.end() if isinstance(place, UserSession) else place.delete()


def _note(user: User, *, places: int) -> None:
    by = Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)
    audit.record(by=by, action="session.end", target=user.email, data={"places": places})
