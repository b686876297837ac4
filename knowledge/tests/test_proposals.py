"""What documents are about and what one might ask them, as it is read off them."""

from __future__ import annotations

from knowledge import proposals, services
from knowledge.tasks import serve
from tenants.types import Principal, TenantRef

TEXT = """\
# Delivery

We deliver on weekdays.

# How to return a parcel

Print the label.

Do you ship to Norway?

Yes."""


def test_a_heading_is_a_subject_where_it_names_one() -> None:
    assert proposals.subject("2.1 Shipping and delivery:") == "Shipping and delivery"
    assert proposals.subject("Customer Support: Hours and Contacts") == "Customer Support"
    for nothing in ("Introduction", "FAQ", "1.", "Where is my order?", "A heading " * 12):
        assert proposals.subject(nothing) == ""


def test_questions_are_those_at_the_beginning_of_a_line() -> None:
    text = "Q: Where is my order?\nOn its way. Is it late? Write to us.\n- How do I pay?\nBy card."
    assert proposals.asked_in(text) == ["Where is my order?", "How do I pay?"]


def test_documents_suggest_questions_and_subjects(acme: TenantRef, principal: Principal) -> None:
    dataset = services.create_dataset(by=principal, name="Help")
    assert proposals.questions([dataset.id]) == proposals.subjects([dataset.id]) == []
    services.add_text(by=principal, dataset=dataset, title="Handbook", content=TEXT)
    assert proposals.questions([dataset.id]) == []  # it is not read yet
    while serve():
        pass
    asked = proposals.questions([dataset.id])
    assert asked[0] == "Do you ship to Norway?"
    assert set(asked[1:]) == {"Delivery: what should I know?", "How do I return a parcel?"}
    assert proposals.subjects([dataset.id]) == ["Delivery"]


def test_several_documents_are_told_by_their_own_names(acme: TenantRef, principal: Principal) -> None:
    dataset = services.create_dataset(by=principal, name="Help")
    for title in ("billing-and-payments.md", "Shipping policy", "Warranty"):
        services.add_text(by=principal, dataset=dataset, title=title, content=f"All about it, says {title} at length.")
    while serve():
        pass
    assert set(proposals.subjects([dataset.id])) == {"Billing and payments", "Shipping policy", "Warranty"}


def test_headings_are_written_in_one_case_and_once(acme: TenantRef, principal: Principal) -> None:
    for written, said in (("opening hours", "Opening hours"), ("WARRANTY", "Warranty"), ("VAT", "VAT"),
                          ("iPhone repairs", "iPhone repairs"), ("Repair", "Repair")):  # fmt: skip
        assert proposals.subject(written) == said
    text = "# Repairs\n\nWe mend bikes of every make.\n\n# Warranty\n\nTwo years.\n\n# repair\n\nBy appointment."
    dataset = services.create_dataset(by=principal, name="Help")
    services.add_text(by=principal, dataset=dataset, title="Handbook", content=text)
    while serve():
        pass
    assert set(proposals.subjects([dataset.id])) == {"Repairs", "Warranty"}


def test_questions_of_the_documents_come_before_those_of_headings(acme: TenantRef, principal: Principal) -> None:
    dataset = services.create_dataset(by=principal, name="Help")
    texts = {
        "Hours": "# Opening hours\n\nFrom nine to five, and on Saturdays until noon.",
        "Shipping": "# Shipping policy\n\nWe ship all over the country within three days.",
        "Questions": "# Rental\n\nMay I rent a bike for a week?\n\nYes.\n\nDo you rent helmets?\n\nYes, for free.",
    }
    for title, content in texts.items():
        services.add_text(by=principal, dataset=dataset, title=title, content=content)
    while serve():
        pass
    assert proposals.questions([dataset.id]) == [
        "May I rent a bike for a week?", "Do you rent helmets?", "What are your opening hours?",
        "What is your shipping policy?", "Rental: what should I know?",
    ]  # fmt: skip
