"""Figures, not verdicts: `make bench-ingest` and `make bench-search` print tables; nothing here is asserted."""
