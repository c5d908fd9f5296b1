"""Foreign code in environments of its own: built from a recipe, started, called, ended, and never trusted."""
