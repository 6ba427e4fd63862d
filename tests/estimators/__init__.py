"""Estimators and their members."""
