"""Two kinds of encoders and statistical members, blended into one ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats, draw_seed
from ..baselines.normal_scores import NormalScores
from ..nn.transfer import EncoderState
from ..training.network import Part, read_in_parts
from ..training.tasks import RANKING
from .blend import Blend
from .boosting import BoostingMember
from .encoder import Encoders, Labelled
from .networks import ONE_SWEEP, MemberScale, draws_by_fold
from .process import ProcessMember
from .score_map import ScoreMap
from .statistics import GraphStatistics

PROCESSES: dict[str, Sequence[str]] = {
    "flow": ("walks", "capacity"),
    "all": ("walks", "operations", "edges", "places", "capacity"),
}
"""Blocks of statistics that each process reads."""

PART = 16384
"""Architectures whose statistics are held at a time."""


@dataclass
class Composition:
    """Members fitted to the same labels, and their blend.

    Parameters
    ----------
    networks : list of Encoders
        Of both kinds, or none.
    scales : list of MemberScale
        Of each kind.
    statistics : GraphStatistics
    members : dict
        Statistical members by name.
    blend : Blend
    score_map : ScoreMap
        From blended scores to the target's units.
    """

    networks: list[Encoders]
    scales: list[MemberScale]
    statistics: GraphStatistics
    members: dict[str, Any]
    blend: Blend
    score_map: ScoreMap

    @property
    def encoders(self) -> Encoders | None:
        """Networks with the estimator's own parameters; None if there are no networks."""
        return self.networks[0] if self.networks else None

    @classmethod
    def fit(
        cls,
        data: Labelled,
        parameters: Mapping[str, Any],
        source: EncoderState | None,
        rng: np.random.RandomState,
        *,
        with_networks: bool,
        encoders: Encoders | None = None,
    ) -> Composition:
        """Fit all members, and weigh them by what each says of labels it has not seen.

        Parameters
        ----------
        data : Labelled
            With one target an architecture.
        parameters : mapping
            Of the estimator and its variant.
        source : EncoderState or None
            Whose weights the encoders start from.
        rng : numpy RandomState
        with_networks : bool
            Whether there are networks, or statistical members only.
        encoders : Encoders, optional
            To train further; by default new ones.
        """
        n, weights = len(data.y), data.weights
        targets = plain_scores(data.y)
        networks: list[Encoders] = []
        scales: list[MemberScale] = []
        unseen: list[Floats] = []
        seen: list[Floats] = []

        kinds = [(parameters, source, encoders), ({**parameters, **ONE_SWEEP}, None, None)]
        fold = 0
        for own, start, network in kinds if with_networks else []:
            k, labelled = own["n_members"], replace(data)
            draws = None if own["bootstrap"] else draws_by_fold(n, k, fold, rng)
            fold += k
            if network is None:
                network = Encoders.start(labelled, RANKING, own, start, None, rng)
            draws = network.train(
                labelled,
                RANKING,
                own,
                rng,
                starts_from_another=start is not None,
                early_stopping=own["early_stopping"],
                draws=draws,
            )
            scores = network.predict(data.X, "ignore")[:, -1]
            scale = MemberScale.of(scores)
            networks.append(network)
            scales.append(scale)
            unseen.append(scale.unseen(scores, draws))
            seen.append(scale.standardised(scores).mean(1))
        statistics = GraphStatistics().fit(data.packed)
        known = statistics.transform(data.packed)
        members: dict[str, Any] = {name: ProcessMember(b) for name, b in PROCESSES.items()}
        members["boosting"] = BoostingMember()
        for member in members.values():
            member.fit(known, targets, weights, random_state=draw_seed(rng))
            unseen.append(member.unseen_)
            seen.append(member.predict(known))
        blend = Blend().fit(np.column_stack(unseen), targets, weights, np.column_stack(seen))
        spread = _spread([members[name].unseen_std_ for name in PROCESSES])
        score_map = ScoreMap().fit(blend.unseen_, data.y[:, 0], weights, spread)
        return cls(networks, scales, statistics, members, blend, score_map)

    def predict(self, X: Any, handle_unknown: str, verbose: Any = 0) -> Blended:
        """What the members say, and their blend.

        Parameters
        ----------
        X : sequence of n architectures
        handle_unknown : {"warn", "error", "ignore"}
        verbose : int or bool
        """
        found = [self._predict(part, handle_unknown) for part in read_in_parts(X, verbose, PART)]
        members, spread = (np.concatenate(values) for values in zip(*found, strict=True))
        return Blended(self.blend.predict(members), spread, members)

    def _predict(self, part: Part, handle_unknown: str) -> tuple[Floats, Floats]:
        part.packed.with_vocabulary(self.statistics.operations_, handle_unknown)
        columns: list[Floats] = []
        for scale, network in zip(self.scales, self.networks, strict=True):
            scores = network.predict(part.X, "ignore")[:, -1]
            columns.append(scale.standardised(scores).mean(1))
        known = self.statistics.transform(part.packed)
        deviations = []
        for name, member in self.members.items():
            if name in PROCESSES:
                mean, deviation = member.predict(known, return_std=True)
                deviations.append(deviation)
            else:
                mean = member.predict(known)
            columns.append(mean)
        return np.column_stack(columns), _spread(deviations)


class Blended(NamedTuple):
    """What members say of architectures.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        Their blend.
    spread : ndarray of float64, shape (n,)
        The processes' own standard deviation.
    members : ndarray of float64, shape (n, k)
        Of all members: kinds of networks, then statistical ones.
    """

    scores: Floats
    spread: Floats
    members: Floats


def plain_scores(y: Floats) -> Floats:
    """Normal scores of targets, shape (n,), whatever output users chose for transformers."""
    scores: Floats = NormalScores().set_output(transform="default").fit_transform(y)[:, 0]
    return scores


def _spread(deviations: Sequence[Floats]) -> Floats:
    spread: Floats = np.sqrt(np.mean(np.square(deviations), axis=0))
    return spread
