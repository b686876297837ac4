"""The dashboard's pages of this app."""

from __future__ import annotations

from django.urls import URLPattern, path

from knowledge.dashboard import adding, chunks, datasets, document, documents, embedding, imports, many, searching

_DATASET = "knowledge/<uuid:dataset_id>/"
_DOCUMENT = _DATASET + "documents/<uuid:document_id>/"
_CHUNK = _DOCUMENT + "chunks/<uuid:chunk_id>/"

urlpatterns: list[URLPattern] = [
    path("knowledge/", datasets.DatasetsPage.as_view(), name="datasets"),
    path("knowledge/new/", datasets.NewPage.as_view(), name="dataset-new"),
    path(_DATASET, documents.DatasetPage.as_view(), name="dataset"),
    path(_DATASET + "settings/", datasets.EditPage.as_view(), name="dataset-edit"),
    path(_DATASET + "embedding/", embedding.EmbeddingPage.as_view(), name="dataset-embedding"),
    path(_DATASET + "search/", searching.SearchPage.as_view(), name="dataset-search"),
    path(_DATASET + "rows/", documents.RowsPage.as_view(), name="dataset-rows"),
    path(_DATASET + "reprocess/", documents.ReprocessPage.as_view(), name="documents-reprocess"),
    path(_DATASET + "chosen/", many.ManyPage.as_view(), name="documents-chosen"),
    path(_DATASET + "imports/", imports.ImportsPage.as_view(), name="imports"),
    path(_DATASET + "imports/<uuid:import_id>/delete/", imports.DeletePage.as_view(), name="import-delete"),
    path(_DATASET + "documents/new/", adding.AddPage.as_view(), name="document-add"),
    path(_DOCUMENT, document.DocumentPage.as_view(), name="document"),
    path(_DOCUMENT + "edit/", document.EditPage.as_view(), name="document-edit"),
    path(_DOCUMENT + "replace/", document.ReplacePage.as_view(), name="document-replace"),
    path(_DOCUMENT + "reprocess/", document.ReprocessPage.as_view(), name="document-reprocess"),
    path(_DOCUMENT + "action/", documents.DocumentActionPage.as_view(), name="document-action"),
    path(_DOCUMENT + "file/", document.DownloadPage.as_view(), name="document-file"),
    path(_DOCUMENT + "delete/", document.DeletePage.as_view(), name="document-delete"),
    path(_CHUNK, chunks.ChunkPage.as_view(), name="chunk"),
    path(_CHUNK + "switch/", chunks.SwitchPage.as_view(), name="chunk-switch"),
]
