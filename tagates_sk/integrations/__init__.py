"""Plug-ins for other libraries, a module each; importing one here does not import the other."""
