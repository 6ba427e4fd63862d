"""What docs/naslib.md says of NASLib runs verbatim, with stand-ins under NASLib's names."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import tagates_sk.integrations.naslib
from tagates_sk.integrations.naslib import TAGATESPredictor
from tests.docs.test_pages import blocks
from tests.integrations.naslib.standins import NB201, PredictorEvaluator
from tests.integrations.naslib.test_predictor import accuracy
from tests.small import ranker


class Evaluator:
    """As NASLib's, configured by attributes."""

    results: Any

    def __init__(self, predictor: Any, config: Any) -> None:
        assert config.experiment_type == "single"
        self.predictor, self.config = predictor, config

    def adapt_search_space(self, space: Any, load_labeled: bool, dataset_api: Any) -> None:
        assert not load_labeled
        # The page's default fits for minutes.
        self.predictor.estimator = ranker()
        self.standin = PredictorEvaluator(self.predictor, space, dataset_api)

    def evaluate(self) -> None:
        Evaluator.results = self.standin.evaluate(
            [self.config.train_size_single], self.config.test_size
        )


class NASLibEnsemble:
    """As NASLib's Ensemble, which makes its members itself."""

    num_ensemble = 3
    ss_type = "nasbench201"

    def get_ensemble(self) -> Any:
        raise NotImplementedError


def test_lines_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    utils = SimpleNamespace(
        get_config_from_args=lambda config_type: SimpleNamespace(
            search_space="nasbench201", dataset="cifar10"
        ),
        set_seed=lambda seed: None,
        get_dataset_api=lambda space, dataset: accuracy,
    )
    modules: dict[str, dict[str, Any]] = {
        "naslib": {"utils": utils},
        "naslib.defaults": {},
        "naslib.defaults.predictor_evaluator": {"PredictorEvaluator": Evaluator},
        "naslib.search_spaces": {"NasBench201SearchSpace": NB201},
        "naslib.predictors": {},
        "naslib.predictors.ensemble": {"Ensemble": NASLibEnsemble},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    patched = []
    monkeypatch.setattr(tagates_sk.integrations.naslib, "patch", lambda: patched.append(True))
    need_naslib = [block for block in blocks("naslib.md") if not block.runs]
    for block in need_naslib:
        exec(block.code, {})
    assert len(need_naslib) == 3
    assert patched
    scores, truth, _ = Evaluator.results[0]
    assert len(scores) == len(truth) == 200
    members = NASLibEnsemble().get_ensemble()
    assert len(members) == 3
    assert isinstance(members[0]._shared.predictor, TAGATESPredictor)
