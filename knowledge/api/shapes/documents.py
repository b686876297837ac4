"""Bodies and answers of documents: what they are made of, how far they are, what can be done with them."""

from __future__ import annotations

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from knowledge.api.fields import FormMetadata, FormTags, Metadata, NullForBlank, Tags
from knowledge.enums import SourceType, Status
from knowledge.ingest.split import MAX_SIZE, MIN_SIZE
from knowledge.models import NAME_LENGTH, URL_LENGTH, Document, WebImport
from tenants.http import StrictSerializer

TEXT_LENGTH: Final = 5_000_000
PAIRS: Final = 2_000
PAGES: Final = 1_000
_NEEDS: Final = {SourceType.TEXT: ("title", "content"), SourceType.QA: ("title", "pairs"), SourceType.WEB: ("url",)}


class PairIn(StrictSerializer):
    question = serializers.CharField(max_length=1_000)
    answer = serializers.CharField(max_length=20_000)


class SourceIn(StrictSerializer):
    """`text` needs a title and content, `qa` a title and pairs, `web` a url, whose page is fetched."""

    source_type = serializers.ChoiceField(
        choices=[SourceType.TEXT.value, SourceType.QA.value, SourceType.WEB.value], default=SourceType.TEXT.value
    )
    title = serializers.CharField(max_length=NAME_LENGTH, required=False)
    content = serializers.CharField(max_length=TEXT_LENGTH, trim_whitespace=False, required=False)
    pairs = serializers.ListField(child=PairIn(), min_length=1, max_length=PAIRS, required=False)
    url = serializers.CharField(max_length=URL_LENGTH, required=False)
    tags = Tags(required=False)
    metadata = Metadata(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = _NEEDS[attrs["source_type"]]
        missing = {name: ["This field is required."] for name in needed if name not in attrs}
        strange = {"content", "pairs", "url"} - set(needed)
        missing |= {name: [f"Not for {attrs['source_type']}."] for name in strange if name in attrs}
        if missing:
            raise serializers.ValidationError(missing)
        return attrs

    def validate_content(self, content: str) -> str:
        return _said(content)


class UploadIn(StrictSerializer):
    """A form: `files` repeated, `metadata` as JSON text, `tags` repeated."""

    files = serializers.ListField(child=serializers.FileField(allow_empty_file=True), required=False, default=list)
    metadata = FormMetadata(required=False)
    tags = FormTags(required=False)


class DocumentIn(StrictSerializer):
    title = serializers.CharField(max_length=NAME_LENGTH)
    tags = Tags(required=False)
    metadata = Metadata(required=False)
    discard_edits = serializers.BooleanField(required=False)


class ReplaceIn(StrictSerializer):
    """A form with `file`, or JSON with `content`."""

    file = serializers.FileField(required=False, allow_empty_file=True)
    content = serializers.CharField(max_length=TEXT_LENGTH, trim_whitespace=False, required=False)
    discard_edits = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("content" in attrs):
            raise serializers.ValidationError({"file": ["Send either a file or content."]})
        return attrs

    def validate_content(self, content: str) -> str:
        return _said(content)


class AgainIn(StrictSerializer):
    """`discard_edits` says that chunks that were edited may become again what the document says."""

    discard_edits = serializers.BooleanField(required=False, default=False)


class ManyAgainIn(AgainIn):
    """`outdated` documents are those that were split by other settings than the dataset has now."""

    which = serializers.ChoiceField(choices=["all", "outdated"], default="all")


class Many(serializers.Serializer[object]):
    """For how many documents it was done."""

    documents = serializers.IntegerField()


class DocumentOut(serializers.ModelSerializer[Document]):
    """`behind` is how many documents wait before this one; `notice` what it waits for otherwise; `replacing` says that
    a new version is on its way while the old one answers; `chunks_done` of `chunk_total` have their vectors."""

    dataset_id = serializers.UUIDField(read_only=True)
    stage = serializers.SerializerMethodField()
    behind = serializers.SerializerMethodField()
    replacing = serializers.SerializerMethodField()
    error_code = NullForBlank()
    error = NullForBlank()
    notice = NullForBlank()
    language = NullForBlank()
    url = NullForBlank()
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Document
        fields = [
            "id", "dataset_id", "title", "source_type", "url", "file_name", "content_type", "size_bytes",
            "content_hash", "tags", "metadata", "language", "status", "stage", "progress", "chunks_done", "chunk_total",
            "behind", "notice", "attempts", "error_code", "error", "warnings", "replacing", "chunk_count", "chunk_size",
            "chunk_overlap", "page_count", "char_count", "started_at", "finished_at", "fetched_at", "created_at",
            "updated_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_stage(self, document: Document) -> str | None:
        return document.stage or None if document.status == Status.PROCESSING else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_behind(self, document: Document) -> int | None:
        """Counted with the row (`selectors.documents`), where it waits."""
        return getattr(document, "behind", None)

    @extend_schema_field(serializers.BooleanField)
    def get_replacing(self, document: Document) -> bool:
        return document.replaced is not None


class DocumentAdded(DocumentOut):
    """`duplicate` says that the dataset had the same content before, and that this is the document it is in."""

    duplicate = serializers.BooleanField()

    class Meta(DocumentOut.Meta):
        fields = [*DocumentOut.Meta.fields, "duplicate"]


class Uploaded(serializers.Serializer[object]):
    """The documents of the files, in the files' order."""

    documents = DocumentAdded(many=True)


class ImportIn(StrictSerializer):
    """`url` is a sitemap, or any page of a site that has one."""

    url = serializers.CharField(max_length=URL_LENGTH)
    limit = serializers.IntegerField(min_value=1, max_value=PAGES, default=100)
    tags = Tags(required=False)
    metadata = Metadata(required=False)


class ImportOut(serializers.ModelSerializer[WebImport]):
    """`skipped` are pages that the dataset has already, that robots may not read, or that are elsewhere."""

    dataset_id = serializers.UUIDField(read_only=True)
    error_code = NullForBlank()
    error = NullForBlank()
    notice = NullForBlank()

    class Meta:
        model = WebImport
        fields = [
            "id", "dataset_id", "url", "limit", "status", "found", "added", "skipped", "notice", "error_code", "error",
            "tags", "metadata", "started_at", "finished_at", "created_at", "updated_at",
        ]  # fmt: skip


class PreviewIn(StrictSerializer):
    """A form with `file`, or JSON with `content` or the id of a document of the dataset."""

    file = serializers.FileField(required=False, allow_empty_file=True)
    content = serializers.CharField(max_length=TEXT_LENGTH, trim_whitespace=False, required=False)
    document_id = serializers.UUIDField(required=False)
    chunk_size = serializers.IntegerField(min_value=MIN_SIZE, max_value=MAX_SIZE, required=False)
    chunk_overlap = serializers.IntegerField(min_value=0, max_value=MAX_SIZE // 2, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if sum(name in attrs for name in ("file", "content", "document_id")) != 1:
            raise serializers.ValidationError({"file": ["Send one of file, content and document_id."]})
        return attrs

    def validate_content(self, content: str) -> str:
        return _said(content)


class PreviewChunk(serializers.Serializer[object]):
    position = serializers.IntegerField()
    content = serializers.CharField()
    page = serializers.IntegerField(allow_null=True)
    heading = serializers.CharField()
    start = serializers.IntegerField()
    end = serializers.IntegerField()


class PreviewOut(serializers.Serializer[object]):
    """What the document would become; `chunks` are the first of `chunk_count`."""

    title = serializers.CharField()
    language = serializers.CharField()
    pages = serializers.IntegerField(allow_null=True)
    characters = serializers.IntegerField()
    warnings = serializers.ListField(child=serializers.CharField())
    chunk_count = serializers.IntegerField()
    chunks = PreviewChunk(many=True)


def _said(content: str) -> str:
    if not content.strip():
        raise serializers.ValidationError("This field may not be blank.")
    return content
