"""PostgreSQL and Redis out of Python wheels, for a machine that has neither.

`postgres` and `redis` start one server each as a child of the calling process and stop it again; `addresses` lets
other processes find them; `temporary` gives a test run a pair of its own. Nothing here imports Django.
"""
