"""What stands behind `make up`: one process that starts all the others, watches them and stops them in order.

It imports no Django, so that it starts at once and stays small; whatever needs Django runs in a child.
"""
