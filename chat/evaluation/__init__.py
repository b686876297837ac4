"""How good it is, measured offline on sets of questions whose answers are known (docs/quality.md)."""
