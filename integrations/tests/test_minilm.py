"""The light English model, where its package is installed, and a clear word where it is not."""

import importlib.util
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from integrations.embedders import minilm, registry

INSTALLED = importlib.util.find_spec(minilm.PACKAGE) is not None


@pytest.fixture(autouse=True)
def _chosen(tmp_path: Path, settings: Any) -> None:
    settings.MODELS_DIR, settings.EMBEDDER = tmp_path, "minilm"


@pytest.mark.skipif(not INSTALLED, reason="requirements-minilm.txt is optional")
def test_the_light_model_answers_in_english() -> None:
    call_command("prepare_models", stdout=StringIO())
    embedder = registry.builtin()
    question = embedder.embed_query("How do I get my money back?")
    answer, other = embedder.embed_documents(["Refunds go to the card you paid with.", "Our office has a terrace."])

    assert (embedder.model, embedder.dimensions) == ("all-MiniLM-L6-v2", len(answer))
    assert sum(a * b for a, b in zip(answer, answer, strict=True)) == pytest.approx(1, abs=1e-5)
    assert sum(a * b for a, b in zip(question, answer, strict=True)) > 0.3
    assert sum(a * b for a, b in zip(question, other, strict=True)) < 0.2
    assert embedder.token_ids("[SEP] hello [PAD]")[1:-1] != [102, 7592, 0]
    assert embedder.token_ids("hello world") == [101, 7592, 2088, 102]


@pytest.mark.skipif(INSTALLED, reason="the package is installed here")
def test_without_its_package_the_command_names_what_to_install() -> None:
    with pytest.raises(CommandError, match=r"requirements-minilm\.txt"):
        call_command("prepare_models", stdout=StringIO())


def test_unprepared_it_is_unavailable_even_if_the_other_model_is_there() -> None:
    with pytest.raises(registry.EmbedderUnavailable, match="all-MiniLM-L6-v2"):
        registry.builtin()
