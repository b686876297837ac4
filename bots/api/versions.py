"""`/v1/tenant/bots/{id}/versions…`, `draft`, `publish`, `rollback`: what a bot was, is and will be to its customers."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors, services
from bots.api import version_shapes as shapes
from bots.api.frame import EditorView
from bots.models import BotVersion
from bots.versions import compare


class VersionsView(EditorView):
    """The versions of a bot, newest first."""

    @extend_schema(responses=shapes.VersionOut(many=True))
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.versions(selectors.bot(bot_id)), shapes.VersionOut)


class VersionView(EditorView):
    """One version with all that it is about. Versions are never changed once somebody was answered."""

    @extend_schema(responses=shapes.VersionDetail)
    def get(self, request: Request, bot_id: UUID, number: int) -> Response:
        return Response(shapes.VersionDetail(selectors.version(bot=selectors.bot(bot_id), number=number)).data)


class ChangesView(EditorView):
    """What a version changed, against the one before it or any other."""

    @extend_schema(parameters=[shapes.Against], responses=shapes.ChangesOut)
    def get(self, request: Request, bot_id: UUID, number: int) -> Response:
        bot = selectors.bot(bot_id)
        version = selectors.version(bot=bot, number=number)
        asked = shapes.Against(data=request.query_params)
        asked.is_valid(raise_exception=True)
        against = asked.validated_data.get("against", number - 1)
        older = selectors.version(bot=bot, number=against) if against else None
        changes = compare.versions(older, version)
        return Response(shapes.ChangesOut({"number": number, "against": against or None, "changes": changes}).data)


class DraftView(EditorView):
    """What the bot would be if it were published now, and what would be new."""

    @extend_schema(responses=shapes.DraftOut)
    def get(self, request: Request, bot_id: UUID) -> Response:
        return Response(shapes.DraftOut(compare.draft(selectors.bot(bot_id))).data)


class DiscardView(EditorView):
    """The draft is again what customers talk to; what was not published is lost."""

    @extend_schema(request=None, responses=shapes.DraftOut)
    def post(self, request: Request, bot_id: UUID) -> Response:
        bot = services.discard_draft(by=self.principal, bot_id=bot_id)
        return Response(shapes.DraftOut(compare.draft(bot)).data)


class PublishView(EditorView):
    """From here on customers talk to what is in the draft."""

    @extend_schema(request=shapes.PublishIn, responses={201: shapes.PublishedOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        return _published(services.publish(by=self.principal, bot_id=bot_id, **self.data(shapes.PublishIn)))


class RollbackView(EditorView):
    """Customers talk to the behaviour of an older version again, at once, without a run of tests."""

    @extend_schema(request=shapes.RollbackIn, responses={201: shapes.PublishedOut})
    def post(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        asked = self.data(shapes.RollbackIn)
        number = asked.pop("version")
        return _published(services.rollback(by=self.principal, bot_id=bot_id, number=number, **asked))


def _published(version: BotVersion) -> Response:
    before = selectors.version(bot=version.bot, number=version.number - 1)
    version.changes = compare.versions(before, version)  # type: ignore[attr-defined]  # for the shape alone
    return Response(shapes.PublishedOut(version).data, status=201)
