"""Commands and their options: nothing that takes long to import."""

from __future__ import annotations

import argparse
from typing import Any

from .._version import __version__
from .names import DATASETS, ENCODINGS, SPACES, TAGATES, Keys

EPILOG = """\
An input file is JSON lines or a JSON array of architectures with values:

  {"architecture": {"directed": true, "nodes": [...], "edges": [...]}, "value": 94.1}

"architecture" is a graph as networkx.node_link_data writes it, or a list of
several cells; with --space it is the native form of a search space, such as the
string of a NAS-Bench-201 cell. CSV with these columns, GraphML and GML files (the
value is an attribute of the graph), and folders of them are read, too. Higher
values are better. "-" is standard input.

The exit status is 0, or 2 where the command or a file is wrong, or 130 after Ctrl-C.
"""

FIT = """\
  tagates fit measured.jsonl --out ranker.safetensors
  tagates fit cells.csv --space nasbench201 --value-key accuracy --out ranker.safetensors
  tagates fit digits.csv --space nasbench201 --encoding naslib --out ranker.safetensors
  tagates fit nets.csv --space enas_macro --space-parameter n_layers=12 --out ranker.safetensors
  tagates fit measured.jsonl --task regress --seed 1 --set T=3 --out ranker.safetensors
  tagates fit measured.jsonl --estimator random_forest --out forest.joblib

A model goes into a file that holds numbers and text only. A name that ends in .joblib asks
for a pickle, which every estimator can be saved to, and which runs code when it is loaded.

Ctrl-C ends the training early: the best state so far is saved, and the exit status is
130.
"""

PREDICT = """\
  tagates predict ranker.safetensors unseen.jsonl > predictions.csv
  tagates predict ranker.safetensors cells.csv --space nasbench201 --out predictions.csv
  tagates predict gp.joblib unseen.jsonl --std

The columns are line, prediction and, with --std, std. Higher is better; a ranker's
predictions have no unit.

Loading a model whose name ends in .joblib runs code that is in the file: load only those that
you trust. Other models hold numbers and text only.
"""

BENCHMARK = """\
  tagates benchmark --dataset nasbench201 --sizes 39 78 --seeds 3 --out results.csv
  tagates benchmark --dataset nasbench201 --estimators tagates random_forest nasbowl
  tagates benchmark --file measured.jsonl --sizes 50 100 --n-test 200

Seed k draws the k-th random subset for training, the same for all estimators, and
seeds the estimator. Test architectures are the published test half of a shipped
data set; of a file all that the subset leaves. The columns are data, estimator, n,
seed, n_test, kendall_tau, spearman_rho, precision_at_10_percent (how many of the
true best 10% are among the predicted best 10%), fit_seconds and predict_seconds.
"""

SEARCH = """\
  touch log.jsonl
  tagates search log.jsonl --space nasbench201 -n 10 >> log.jsonl
  ... measure them, write the values in place of null, and again:
  tagates search log.jsonl --space nasbench201 -n 10 >> log.jsonl

  tagates search log.jsonl --candidates pool.jsonl --estimator nasbowl --acquisition ucb

The file is all the state there is. Its architectures, also those without a value yet
(null) and those whose training failed (null for good), are not proposed again. The
first proposals are random, those that follow are what the fitted predictor promises
most of. Proposals are written as JSON lines with the value null.
"""


def make_parser() -> argparse.ArgumentParser:
    """The parser of the whole command line.

    Returns
    -------
    argparse.ArgumentParser
        What it parses has the attribute `command`, the name of the module that
        runs it.
    """
    parser = argparse.ArgumentParser(
        prog="tagates",
        description="Predict how well neural architectures will do, from their graphs.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tagates_sk {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")
    for add in (_add_fit, _add_predict, _add_benchmark, _add_search):
        add(commands)
    return parser


def _add_fit(commands: Any) -> None:
    summary = "Fit a predictor to measured architectures and save it."
    parser = _command(commands, "fit", summary, FIT)
    parser.add_argument("file", help="architectures with values")
    parser.add_argument(
        "--out", required=True, metavar="MODEL",
        help="where the model goes; a pickle if it ends in .joblib",
    )  # fmt: skip
    _add_input_options(parser, values=True)
    _add_estimator_options(parser)
    parser.add_argument(
        "--task",
        choices=["rank", "regress"],
        default="rank",
        help="train the order (the default, which ranks better) or the values",
    )
    _add_seed_option(parser)


def _add_predict(commands: Any) -> None:
    parser = _command(commands, "predict", "Predict the performance of architectures.", PREDICT)
    parser.add_argument(
        "model", help="what tagates fit saved (a .joblib file runs code: trust it first)"
    )
    parser.add_argument("file", help="architectures")
    _add_input_options(parser, values=False)
    parser.add_argument("--out", default="-", metavar="CSV", help="default: standard output")
    parser.add_argument("--std", action="store_true", help="standard deviations also")


def _add_benchmark(commands: Any) -> None:
    summary = "Compare estimators on identical subsets of measured architectures."
    parser = _command(commands, "benchmark", summary, BENCHMARK)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--dataset", choices=list(DATASETS), help="data that come with the package")
    source.add_argument("--file", help="architectures with values")
    _add_input_options(parser, values=True)
    parser.add_argument(
        "--estimators",
        nargs="+",
        default=[TAGATES, "random_forest"],
        metavar="NAME",
        help="tagates and baselines by name; a wrong one shows them (default: tagates "
        "random_forest)",
    )
    parser.add_argument(
        "--sizes", nargs="+", type=_positive, default=[50, 100], metavar="N",
        help="architectures to train on (default: 50 100)",
    )  # fmt: skip
    parser.add_argument(
        "--seeds", type=_positive, default=3, metavar="K", help="seeds 0 to K - 1 (default: 3)"
    )
    parser.add_argument(
        "--n-test", type=_positive, metavar="N", help="at most so many test architectures"
    )
    parser.add_argument(
        "--n-jobs", type=int, default=1, metavar="N", help="fits at a time (default: 1)"
    )
    parser.add_argument("--out", default="-", metavar="CSV", help="default: standard output")


def _add_search(commands: Any) -> None:
    parser = _command(commands, "search", "Propose the architectures to measure next.", SEARCH)
    parser.add_argument("file", help="architectures measured so far; may be empty")
    _add_input_options(parser, values=True)
    parser.add_argument("--candidates", metavar="FILE", help="choose from these architectures")
    parser.add_argument("-n", type=int, default=10, help="how many to propose (default: 10)")
    parser.add_argument(
        "--n-initial", type=int, default=10, metavar="N", help="random ones first (default: 10)"
    )
    parser.add_argument(
        "--acquisition",
        choices=["auto", "mean", "ucb", "ei", "thompson"],
        default="auto",
        help="what makes a candidate promising: the predicted order, an upper confidence bound, "
        "the expected improvement (the default where the estimator has standard deviations), a "
        "Thompson sample; all but the first need an estimator with standard deviations",
    )
    parser.add_argument(
        "--direction",
        choices=["maximize", "minimize"],
        default="maximize",
        help="which values are the best (default: maximize); minimize for a latency or a loss",
    )
    _add_estimator_options(parser)
    _add_seed_option(parser)
    parser.add_argument("--out", default="-", metavar="JSONL", help="default: standard output")


def _command(commands: Any, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """A sub-command with examples in its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary[0].lower() + summary[1:].rstrip("."),
        description=summary,
        epilog=f"examples:\n{examples}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser


def _add_input_options(parser: argparse.ArgumentParser, values: bool) -> None:
    """How a file of architectures is read."""
    parser.add_argument(
        "--space",
        choices=list(SPACES),
        help="architectures are in the native form of this search space, not graphs",
    )
    parser.add_argument(
        "--space-parameter",
        dest="space_parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the search space, such as n_layers=12 of enas_macro; may be given "
        "several times; a wrong name shows them",
    )
    parser.add_argument(
        "--encoding",
        choices=sorted({name for known in ENCODINGS.values() for name in known}),
        help="what numbers of operations mean, where libraries differ: for --space nasbench201 "
        "those of nasbench201 or naslib, for --space darts those of darts or naslib",
    )
    parser.add_argument(
        "--architecture-key",
        default=Keys().architecture,
        metavar="KEY",
        help="key or column of the architecture (default: architecture)",
    )
    if values:
        parser.add_argument(
            "--value-key",
            default=Keys().value,
            metavar="KEY",
            help="key or column of the measured performance, higher is better (default: value)",
        )


def _add_estimator_options(parser: argparse.ArgumentParser) -> None:
    """What is fitted, and how."""
    parser.add_argument(
        "--estimator",
        default=TAGATES,
        metavar="NAME",
        help="tagates (the default), or a baseline: gates, gcn, lstm, nasbowl, random_forest, ...; "
        "a wrong name shows them",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the estimator, such as T=3, loss=logistic or 'head=(100,100)'; may be "
        "given several times; a wrong name shows them",
    )


def _add_seed_option(parser: argparse.ArgumentParser) -> None:
    """Where randomness comes from."""
    parser.add_argument("--seed", type=int, default=0, help="random seed (default: 0)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")
    return number
