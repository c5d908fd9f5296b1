"""Recipes: their values filled in, and the recipe itself held against the code that it runs."""
