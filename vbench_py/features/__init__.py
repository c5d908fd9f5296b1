"""From frames to arrays: views of a stream, extractors in batches that span videos, and the bank that keeps answers.

Importing the package loads none of it: `features.asks` is read while planning, before any work.
"""
