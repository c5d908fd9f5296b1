"""The catalogue of metrics: cards in TOML, one family a file, beside the Python that reduces arrays to numbers."""
