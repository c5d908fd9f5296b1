"""The grammar of our prompt suites: labels become sentences, and a sentence has seeded twins with the same labels."""
