"""The built-in embedder, with the real model: prepared, loaded and asked as the product does."""

import hashlib
import multiprocessing
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import CommandError, call_command

from integrations.embedders import e5, manifest, prepare, registry, runtime, source
from integrations.embedders.runtime import OnnxEmbedder
from integrations.embedders.types import SourceUnavailable

PASSAGES = {
    "en": [
        "Returns are accepted within 30 days of delivery; the refund goes to the card you paid with.",
        "Our office in Lisbon has a roof terrace with a view of the river.",
    ],
    "es": [
        "Aceptamos devoluciones durante los 30 días posteriores a la entrega y reembolsamos a la misma tarjeta.",
        "Nuestra oficina de Lisboa tiene una terraza con vistas al río.",
    ],
    "zh": ["商品送达后30天内可以退货，退款将退回原支付卡。", "我们在里斯本的办公室有一个可以看到河景的屋顶露台。"],
}
QUESTIONS = {
    "en": "How do I get my money back?",
    "es": "¿Cómo me devuelven el dinero?",
    "zh": "怎么申请退款？",
}


@pytest.fixture(scope="module")
def models_dir() -> Path:
    folder = Path(configured.MODELS_DIR)
    prepare.ensure(folder)
    return folder


@pytest.fixture(scope="module")
def embedder(models_dir: Path) -> OnnxEmbedder:
    return registry.builtin()


@pytest.fixture
def copy(models_dir: Path, tmp_path: Path, settings: Any) -> Path:
    """A prepared model of this test's own, to be damaged; it is what the registry would load."""
    shutil.copytree(models_dir / e5.RECIPE.model, tmp_path / e5.RECIPE.model)
    settings.MODELS_DIR = tmp_path
    return tmp_path / e5.RECIPE.model


def _cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_vectors_have_the_promised_size_and_length_one(embedder: OnnxEmbedder) -> None:
    vectors = [*embedder.embed_documents([PASSAGES["en"][0], "x", ""]), embedder.embed_query("x")]

    assert [len(vector) for vector in vectors] == [registry.DEFAULT_DIMENSIONS] * 4
    assert [_cosine(vector, vector) for vector in vectors] == pytest.approx([1.0] * 4, abs=1e-5)
    assert (embedder.model, embedder.dimensions) == (registry.BUILTIN_MODEL, 384)


def test_no_texts_give_no_vectors(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_documents([]) == []
    assert embedder.embed_queries([]) == []


def test_a_text_has_one_vector_whatever_else_is_in_its_batch(embedder: OnnxEmbedder) -> None:
    texts = ["word " * length for length in (300, 1, 40, 120)] + PASSAGES["en"]
    together = embedder.embed_documents(texts)

    assert embedder.embed_documents(texts) == together
    for text, vector in zip(texts, together, strict=True):
        assert embedder.embed_documents([text])[0] == pytest.approx(vector, abs=1e-5)


def test_texts_of_like_length_go_together() -> None:
    assert list(runtime._batches([30, 8, 31, 8, 90])) == [[1, 3], [0, 2], [4]]
    assert list(runtime._batches([8, 8, 8])) == [[0, 1, 2]]
    assert [len(batch) for batch in runtime._batches([512] * 10)] == [8, 2]


def test_documents_and_queries_are_told_apart(embedder: OnnxEmbedder) -> None:
    text = QUESTIONS["en"]

    assert embedder.embed_queries([text]) == [embedder.embed_query(text)]
    assert embedder.embed_documents([text])[0] != pytest.approx(embedder.embed_query(text), abs=1e-3)


@pytest.mark.parametrize("asked", ["en", "es", "zh"])
@pytest.mark.parametrize("written", ["en", "es", "zh"])
def test_a_question_is_nearer_to_its_answer_than_to_another_passage(
    embedder: OnnxEmbedder, asked: str, written: str
) -> None:
    question = embedder.embed_query(QUESTIONS[asked])
    answer, other = embedder.embed_documents(PASSAGES[written])

    assert _cosine(question, answer) > _cosine(question, other) + 0.02


def test_text_past_the_models_length_does_not_count(embedder: OnnxEmbedder) -> None:
    long = "refund policy " * 600

    assert embedder.embed_documents([long]) == embedder.embed_documents([long + "unrelated ending"])


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Hello world", [0, 35378, 8999, 2]),
        ("query: how much protein", [0, 41, 1294, 12, 3642, 5045, 21308, 2]),
        ("¿Dónde está mi pedido?", [0, 3936, 397, 5800, 112, 1570, 324, 39568, 32, 2]),
        ("退货需要多少天？", [0, 6, 12461, 24781, 2745, 22517, 1906, 32, 2]),
        ("كيف أعيد المنتج؟", [0, 30149, 1333, 31650, 158251, 1245, 2]),
        ("Где мой заказ №5?", [0, 105267, 20351, 75420, 438, 758, 32, 2]),
        ("ｶﾀｶﾅ～②", [0, 6, 10045, 10793, 10045, 17456, 6087, 304, 2]),
    ],
)
def test_text_becomes_the_token_ids_the_model_was_trained_with(
    embedder: OnnxEmbedder, text: str, ids: list[int]
) -> None:
    assert embedder.token_ids(text) == ids
    assert embedder.token_ids(f"\t {text}\x07\n\n") == ids
    assert embedder.count_tokens(text) == len(ids) - 2


def test_typed_control_tokens_stay_words(embedder: OnnxEmbedder) -> None:
    begin, *inside, end = embedder.token_ids("</s> <s> <pad> <mask> <unk> begin end")

    assert (begin, end) == (0, 2)
    assert not {0, 1, 2, 3, 250001} & set(inside)


def test_count_tokens_sees_past_the_models_length(embedder: OnnxEmbedder) -> None:
    assert embedder.count_tokens("word " * 2000) == 2000


def test_half_a_surrogate_pair_is_no_error(embedder: OnnxEmbedder) -> None:
    assert embedder.embed_query("price \ud83d today") == embedder.embed_query("price ? today")


def test_a_missing_model_names_the_command(tmp_path: Path, settings: Any) -> None:
    settings.MODELS_DIR = tmp_path

    with pytest.raises(registry.EmbedderUnavailable, match=r"python manage\.py prepare_models") as refusal:
        registry.builtin()

    assert (refusal.value.status, refusal.value.code) == (503, "embedder_unavailable")


def test_the_builtin_embedder_is_loaded_once(embedder: OnnxEmbedder) -> None:
    assert registry.builtin() is embedder


def test_preparing_again_touches_nothing(models_dir: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (models_dir / e5.RECIPE.model).iterdir()}
    said: list[str] = []
    prepare.ensure(models_dir, say=said.append)

    assert {path: path.stat().st_mtime_ns for path in (models_dir / e5.RECIPE.model).iterdir()} == before
    assert len(said) == 1


def test_two_may_prepare_at_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=prepare.ensure, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", e5.RECIPE.model]
    manifest.verify(tmp_path / e5.RECIPE.model, source=e5.SHA256, deep=True)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda folder: (folder / manifest.FILE).write_text("{"), "cannot be read"),
        (lambda folder: (folder / manifest.FILE).write_text('{"format": 0, "files": {"x": 1}}'), "another version"),
        (lambda folder: (folder / manifest.FILE).unlink(), "no prepared model"),
        (lambda folder: (folder / "weights.bin").write_bytes(b"short"), "incomplete"),
        (lambda folder: (folder / "model.onnx").unlink(), "missing"),
        (lambda folder: _spoil(folder / "tokenizer.json"), "damaged"),
    ],
)
def test_a_damaged_model_is_refused_until_prepared_again(
    copy: Path, damage: Callable[[Path], object], message: str
) -> None:
    damage(copy)

    with pytest.raises(registry.EmbedderUnavailable, match=message):
        registry.builtin()

    call_command("prepare_models", stdout=StringIO())
    manifest.verify(copy, source=e5.SHA256, deep=True)


def test_a_model_prepared_later_is_found_without_a_restart(
    models_dir: Path, tmp_path: Path, settings: Any, embedder: OnnxEmbedder
) -> None:
    settings.MODELS_DIR = tmp_path
    with pytest.raises(registry.EmbedderUnavailable):
        registry.builtin()

    shutil.copytree(models_dir / e5.RECIPE.model, tmp_path / e5.RECIPE.model)
    assert registry.builtin().embed_query("hello") == embedder.embed_query("hello")


def test_an_unknown_source_file_is_refused(tmp_path: Path) -> None:
    known = source.locate(e5.PACKAGE, e5.FILE)
    source.check(known, sha256=e5.SHA256)
    other = tmp_path / e5.FILE
    shutil.copyfile(known, other)
    _spoil(other)

    with pytest.raises(SourceUnavailable, match=hashlib.sha256(other.read_bytes()).hexdigest()):
        source.check(other, sha256=e5.SHA256)


def test_the_command_says_when_the_source_is_gone(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MODELS_DIR = tmp_path
    monkeypatch.setattr(e5, "PACKAGE", "a_package_nobody_installed")

    with pytest.raises(CommandError, match="is not there"):
        call_command("prepare_models", stdout=StringIO())

    assert not (tmp_path / e5.RECIPE.model).exists()


def test_a_forked_child_loads_a_model_of_its_own(embedder: OnnxEmbedder) -> None:
    with multiprocessing.get_context("fork").Pool(1) as pool:
        vector = pool.apply(_embed_in_child)

    assert vector == pytest.approx(embedder.embed_query("hello"), abs=1e-6)


def _embed_in_child() -> list[float]:
    return registry.builtin().embed_query("hello")


def _spoil(path: Path) -> None:
    """Keeps the size, loses the meaning."""
    with path.open("r+b") as file:
        file.write(b"\0" * 64)
