"""From a question to ranked passages: dense, lexical, fuse, relevance; `search.search` joins them."""
