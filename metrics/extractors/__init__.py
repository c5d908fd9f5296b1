"""The catalogue of extractors: what metrics share, from arithmetic on pixels to networks."""
