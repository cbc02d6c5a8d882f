"""Recipes: their hyperparameters, finding them, loading them, and building their models."""
