"""A question that asks several things is taken apart, in many languages; one that asks one thing is left alone."""

from __future__ import annotations

import pytest

from knowledge.search import parts

SEVERAL = [
    ("Is it free? And tell me how it works.", "Is it free?|tell me how it works."),
    ("Ist es kostenlos? Und nennen Sie mir die Frist.", "Ist es kostenlos?|nennen Sie mir die Frist."),
    ("Do you ship to Canada? And when is support available?", "Do you ship to Canada?|when is support available?"),
    ("Can I cancel an order and where is my invoice?", "Can I cancel an order|where is my invoice?"),
    ("What is free, and for how many days does it last?", "What is free|for how many days does it last?"),
    ("How do I sign in, and do gift cards expire?", "How do I sign in|do gift cards expire?"),
    (
        "Wie lange dauert der Versand und wer zahlt die Rücksendung?",
        "Wie lange dauert der Versand|wer zahlt die Rücksendung?",
    ),
    ("¿Cuánto tarda el envío y qué garantía tiene?", "¿Cuánto tarda el envío|qué garantía tiene?"),
    ("Comment retourner un produit et qui paie le retour ?", "Comment retourner un produit|qui paie le retour ?"),
    ("Come restituisco un prodotto e quanto tempo serve?", "Come restituisco un prodotto|quanto tempo serve?"),
    ("Como devolvo um produto e quem paga o envio?", "Como devolvo um produto|quem paga o envio?"),
    ("Hoe stuur ik een product terug en wie betaalt dat?", "Hoe stuur ik een product terug|wie betaalt dat?"),
    ("Jak zwrócić produkt i kto płaci za przesyłkę?", "Jak zwrócić produkt|kto płaci za przesyłkę?"),
    ("Как вернуть товар и кто платит за доставку?", "Как вернуть товар|кто платит за доставку?"),
    (
        "Πώς επιστρέφω ένα προϊόν; Ποιος πληρώνει τα μεταφορικά;",
        "Πώς επιστρέφω ένα προϊόν|Ποιος πληρώνει τα μεταφορικά",
    ),
    ("Cum returnez un produs și cine plătește transportul?", "Cum returnez un produs|cine plătește transportul?"),
    ("كيف أعيد المنتج وكم تستغرق العملية؟", "كيف أعيد المنتج|كم تستغرق العملية؟"),
    ("איך מחזירים מוצר ומי משלם על המשלוח?", "איך מחזירים מוצר|מי משלם על המשלוח?"),
    ("Bir ürünü nasıl iade ederim ve kargo ücretini kim öder?", "Bir ürünü nasıl iade ederim|kargo ücretini kim öder?"),
    ("मैं उत्पाद कैसे लौटाऊँ और भुगतान कौन करता है?", "मैं उत्पाद कैसे लौटाऊँ|भुगतान कौन करता है?"),
    ("Tôi trả hàng như thế nào và ai trả phí?", "Tôi trả hàng như thế nào|ai trả phí?"),
    ("제품을 어떻게 반품하나요, 그리고 누가 배송비를 내나요?", "제품을 어떻게 반품하나요|누가 배송비를 내나요?"),
    ("จะคืนสินค้าอย่างไร และใครเป็นคนจ่ายค่าส่ง", "จะคืนสินค้าอย่างไร|ใครเป็นคนจ่ายค่าส่ง"),
    ("退货要多久，谁付运费？", "退货要多久|谁付运费？"),
    ("返品は何日以内ですか、送料は誰が払いますか？", "返品は何日以内ですか|送料は誰が払いますか？"),
]
ONE = [
    "What is your shipping policy?",
    "My parcel has not arrived. What now?",
    "Is this a bug? My mower stopped and does not start any more.",
    "When and where does my parcel arrive?",
    "How do I return it? Why?",
    "Do you sell nuts and bolts?",
    "Do you sell software that is free and can be hosted privately?",
    "What is the difference between standard and express?",
    "I ordered a lamp and do not want it. How do I return it?",
    "En la temporada 2015, ¿cuántas intercepciones consiguió la defensa?",
    "Wann und wo kommt mein Paket an?",
    "https://shop.example/cart?item=1 what is this?",
    "express: What is your shipping policy?",
    "",
]


@pytest.mark.parametrize(("question", "expected"), SEVERAL)
def test_what_asks_several_things_is_taken_apart(question: str, expected: str) -> None:
    assert [part.text for part in parts.of(question)] == expected.split("|")


@pytest.mark.parametrize("question", ONE)
def test_what_asks_one_thing_is_left_alone(question: str) -> None:
    assert parts.of(question) == ()


def test_a_part_that_points_back_is_searched_with_what_it_points_at() -> None:
    first, second = parts.of("Can I return a lamp that arrived broken, and who pays for it?")
    assert (first.leans, first.wording) == (False, "Can I return a lamp that arrived broken")
    assert (second.leans, second.text) == (True, "who pays for it?")
    assert second.wording == "who pays for it: Can I return a lamp that arrived broken?"
    _, other = parts.of("Can I return a lamp, and who pays for the new label?")
    assert (other.leans, other.wording) == (False, "who pays for the new label?")


def test_there_are_never_more_parts_than_the_most_and_nothing_of_the_question_is_lost() -> None:
    asked = " ".join(f"Where is the green box number {number}?" for number in range(9))
    found = parts.of(asked)
    assert len(found) == parts.MOST
    assert " ".join(part.text for part in found) == asked
    assert parts.of(asked * 20) == ()  # a letter
