"""Data only: published numbers with their source, and reference tables of the embedded suites."""
