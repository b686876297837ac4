"""Why a file could not be read: a stable code for programs, a sentence for the tenant."""

from typing import Final

CODES: Final = frozenset(
    {
        "empty_file",
        "unsupported_type",
        "corrupt_file",
        "encrypted_file",
        "no_text",
        "scanned",
        "too_large",
        "unpacks_too_large",
        "too_many_pages",
        "too_many_characters",
        "too_many_chunks",
        "timed_out",
        "out_of_memory",
        "parser_crashed",
    }
)


class ExtractionError(Exception):
    """`detail` is for the tenant; `diagnosis` is for the operator's log and is never shown."""

    def __init__(self, code: str, detail: str, *, diagnosis: str = "") -> None:
        if code not in CODES:
            raise ValueError(f"{code} is not an extraction error code")
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.diagnosis = diagnosis

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class ParserDied(ExtractionError):
    """Its process was ended from outside: by the kernel for want of memory, by a fault of its own, or by an accident
    that is not the file's. Only trying again tells."""
