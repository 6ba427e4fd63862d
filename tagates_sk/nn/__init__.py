"""The encoder, its training and its losses: everything that runs on torch."""
