"""The first run: from an empty account to a bot on a website, in seven steps."""
