"""Which modules have no doctests to run: those of a library that is not installed."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("neps") else ["tagates_sk/integrations/neps/*"]
