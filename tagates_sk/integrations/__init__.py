"""Plug-ins for other libraries, each in a module of its own."""
