"""Faults while documents are processed, by the real processes: `make faults` runs many, the tests a few."""
