"""The language of a text, PostgreSQL's name for it, and pairs for scripts without spaces."""

import pytest
from django.db import connection

from knowledge import language, tokens


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("How long do I have to send something back?", "en"),
        ("Wie lange kann ich die Ware zurückgeben, und wer bezahlt das?", "de"),
        ("¿Cuánto tiempo tengo para devolver el producto que compré?", "es"),
        ("Combien de temps ai-je pour renvoyer un article ?", "fr"),
        ("Сколько времени у меня есть, чтобы вернуть товар?", "ru"),
        ("ما هي المدة المتاحة لإرجاع المنتج الذي اشتريته من المتجر؟", "ar"),
        ("退货需要多长时间", "zh"),
        ("返品はいつまでできますか", "ja"),
        ("반품은 언제까지 가능합니까", "ko"),
        ("ฉันมีเวลาเท่าไรในการส่งคืน", "th"),
        ("Πόσο χρόνο έχω για επιστροφή;", "el"),
        ("12345 ___ 67", ""),
        ("ok", ""),
        ("", ""),
    ],
)
def test_the_language_of_a_text(text: str, code: str) -> None:
    assert language.detect(text) == code


def test_addresses_are_in_no_language() -> None:
    assert language.detect("https://example.com/the-long-way-to-the-house me@example.com") == ""


@pytest.mark.parametrize(("code", "name"), [("en", "english"), ("de", "german"), ("zh", "simple"), ("", "simple")])
def test_the_search_configuration_of_a_language(code: str, name: str) -> None:
    assert tokens.config_for(code) == name


@pytest.mark.django_db
def test_postgres_has_every_configuration() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config")
        known = {name for (name,) in cursor.fetchall()}
    assert set(tokens._CONFIGS.values()) | {"simple"} == known


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("退货政策", "退货 货政 政策"),
        ("好", "好"),
        ("iPhone手机 is 好, ok", "iPhone 手机 is 好, ok"),
        ("返品はOK。次", "返品 品は OK。次"),
        ("ที่นี่", "ที ี่ ่น นี ี่"),
        ("plain words, année", "plain words, année"),
    ],
)
def test_pairs_of_neighbours(text: str, pairs: str) -> None:
    assert tokens.bigrams(text) == pairs
