"""Configuration of Sphinx: `tox -e docs` builds these pages into build/docs."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Any

import tagates_sk

DOCS = Path(__file__).parent
GENERATED = DOCS / "_generated"
sys.path.insert(0, str(DOCS / "extensions"))

project = "tagates_sk"
author = "The tagates_sk developers"
copyright = author  # noqa: A001  the name that Sphinx reads
release = version = tagates_sk.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "pictures",  # before the gallery, whose thumbnails it draws
    "sphinx_gallery.gen_gallery",
    "mathml",
    "results",
]
exclude_patterns = ["_generated", "sg_execution_times.rst"]
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"tagates_sk {release}"
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_math_renderer = "mathml"
html_show_sourcelink = False

# ------------------------------------------------------------------ reference

autosummary_generate = True
autodoc_default_options = {"members": True, "inherited-members": True}
autodoc_mock_imports = ["neps"]  # which is installed in a way of its own, see neps.md
autodoc_typehints = "none"  # docstrings say the types, in the words of the field
numpydoc_show_class_members = False
rst_prolog = r".. |g w| replace:: \|g w\|"  # an absolute value in ZeroCostSaliency's docstring


def skip_what_is_sklearns(
    app: Any, what: str, name: str, member: Any, skip: bool, options: Any
) -> bool | None:
    """`get_params`, `set_fit_request` and the like are documented where they come from."""
    of_sklearn = str(getattr(member, "__module__", "")).startswith("sklearn.")
    return True if of_sklearn or name.endswith("_request") else None


# -------------------------------------------------------------------- gallery


THUMBNAILS = {
    "search_nasbench201": "results/search_queries.png",
    **{
        name: f"_generated/pictures/{name}.png"
        for name in (
            "grid_search",
            "optuna_digits",
            "rank_torch_modules",
            "search_digits",
            "symmetric_operations",
        )
    },
}
"""Of examples that draw nothing when the pages are built."""


def copy_examples() -> str:
    """A copy to run, so that what examples save does not land among their sources."""
    target = GENERATED / "examples"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(DOCS.parent / "examples", target, ignore=shutil.ignore_patterns("__*"))
    shutil.rmtree(target / "benchmarks")
    shutil.copy(DOCS / "_templates" / "gallery_header.rst", target / "GALLERY_HEADER.rst")
    for name, picture in THUMBNAILS.items():
        with (target / f"{name}.py").open("a") as file:
            file.write(f'\n# sphinx_gallery_thumbnail_path = "{picture}"\n')
    return str(target)


sphinx_gallery_conf = {
    "examples_dirs": copy_examples(),
    "gallery_dirs": "gallery",
    # The others train for minutes; they are shown without being run.
    "filename_pattern": r"/(quickstart|symmetric_operations|inspect_nasbench201|latency)\.py$",
    "within_subsection_order": "ExampleTitleSortKey",
    "reset_modules": (),
    "capture_repr": (),
    "show_memory": False,
    "write_computation_times": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "doc_module": ("tagates_sk",),
    "backreferences_dir": None,
    "abort_on_example_error": True,
}


def setup(app: Any) -> None:
    """Connect the filter above."""
    app.connect("autodoc-skip-member", skip_what_is_sklearns)
