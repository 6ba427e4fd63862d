"""Encoders, another kind of network and statistical members, blended into one ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats, Stages, draw_seed
from ..baselines.normal_scores import NormalScores
from ..graphs import ArchitectureSequence, PackedGraphs
from ..nn.transfer import EncoderState
from ..training.network import read_in_parts
from .blend import Blend
from .boosting import BoostingMember
from .encoder import Encoders, Labelled
from .label_free import LabelFree
from .networks import DAGNN_SIZES, DAGNNs, MemberScale, draws_by_fold
from .process import ProcessMember
from .proxy_ranks import ProxyRanks
from .pseudo_labels import (
    KINDS,
    NAMES,
    PRETRAINING_SHARE,
    SELF_TRAINING_SHARE,
    Networks,
    PseudoLabels,
    fine_tuning,
    rescale,
    start_networks,
    train_networks,
)
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
    encoders : Encoders or None
    others : DAGNNs or None
        The other kind of network.
    scales : list of MemberScale
        Of both kinds.
    statistics : GraphStatistics
    members : dict
        Statistical members by name.
    blend : Blend
    score_map : ScoreMap
        From blended scores to the target's units.
    ranks : ProxyRanks or None
        Zero-cost scores that statistical members read.
    """

    encoders: Encoders | None
    others: DAGNNs | None
    scales: list[MemberScale]
    statistics: GraphStatistics
    members: dict[str, Any]
    blend: Blend
    score_map: ScoreMap
    ranks: ProxyRanks | None = None

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
        unlabeled: ArchitectureSequence | None = None,
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
        unlabeled : ArchitectureSequence, optional
            Architectures of whose performance nothing is known.
        """
        learns_scores = unlabeled is not None and parameters["proxies"] is not None
        rounds = 1 + learns_scores + 2 * (unlabeled is not None)
        with Stages(2 + len(KINDS) * rounds * with_networks, parameters["verbose"]) as stages:
            parameters = {**parameters, "verbose": stages}
            stages.next("reading")
            known = LabelFree.of(data, unlabeled, parameters["proxies"], rng)
            pseudo = None
            if with_networks and unlabeled is not None:
                pseudo = PseudoLabels.draw(known, data, parameters, source, rng)
            train = partial(_train_networks, data, parameters, source, rng, pseudo)
            trained: list[_Trained] = []
            if with_networks:
                consensus = None
                if pseudo is not None and known.scores is not None:
                    consensus = known.scores[pseudo.rows, -1]
                trained = train(consensus, PRETRAINING_SHARE, encoders)
            stages.next("statistics")
            composition = cls._blended(data, known, trained, rng)
            if pseudo is not None:
                scores = None if known.scores is None else known.scores[pseudo.rows]
                columns, _ = composition._members(pseudo.X, pseudo.packed, scores)
                pseudo_labels = plain_scores(composition.blend.predict(columns)[:, None])
                # Weights stay: they were found on labels that no member had seen.
                composition._set_networks(train(pseudo_labels, SELF_TRAINING_SHARE, None))
            return composition

    @classmethod
    def _blended(
        cls,
        data: Labelled,
        known: LabelFree,
        trained: Sequence[_Trained],
        rng: np.random.RandomState,
    ) -> Composition:
        """Statistical members, and the blend of all."""
        weights, targets = data.weights, plain_scores(data.y)
        statistics = GraphStatistics().fit(known.packed, known.scores)
        columns = statistics.transform(data.packed, known.of_labelled)
        more = () if known.scores is None else ("proxies",)
        members: dict[str, Any] = {
            name: ProcessMember((*blocks, *more)) for name, blocks in PROCESSES.items()
        }
        members["boosting"] = BoostingMember()
        unseen, seen = [t.unseen for t in trained], [t.seen for t in trained]
        for member in members.values():
            member.fit(columns, targets, weights, random_state=draw_seed(rng))
            unseen.append(member.unseen_)
            seen.append(member.predict(columns))
        blend = Blend().fit(np.column_stack(unseen), targets, weights, np.column_stack(seen))
        spread = _spread([members[name].unseen_std_ for name in PROCESSES])
        score_map = ScoreMap().fit(blend.unseen_, data.y[:, 0], weights, spread)
        composition = cls(None, None, [], statistics, members, blend, score_map, known.ranks)
        composition._set_networks(trained)
        return composition

    def _set_networks(self, trained: Sequence[_Trained]) -> None:
        for one in trained:
            if isinstance(one.networks, Encoders):
                self.encoders = one.networks
            else:
                self.others = one.networks
        self.scales = [one.scale for one in trained]

    def predict(self, X: Any, handle_unknown: str, verbose: Any = 0) -> Blended:
        """What the members say, and their blend.

        Parameters
        ----------
        X : sequence of n architectures
        handle_unknown : {"warn", "error", "ignore"}
        verbose : int or bool
        """
        found = []
        for part in read_in_parts(X, verbose, PART):
            part.packed.with_vocabulary(self.statistics.operations_, handle_unknown)
            scores = None if self.ranks is None else self.ranks.transform(part.X)
            found.append(self._members(part.X, part.packed, scores))
        members, spread = (np.concatenate(values) for values in zip(*found, strict=True))
        return Blended(self.blend.predict(members), spread, members)

    def _members(
        self, X: Any, packed: PackedGraphs, scores: Floats | None
    ) -> tuple[Floats, Floats]:
        """What each member says of architectures, and the processes' standard deviation."""
        columns = [
            scale.standardised(_predictions(networks, X)).mean(1)
            for scale, networks in zip(
                self.scales, filter(None, [self.encoders, self.others]), strict=True
            )
        ]
        known = self.statistics.transform(packed, scores)
        deviations = []
        for name, member in self.members.items():
            if name in PROCESSES:
                mean, deviation = member.predict(known, return_std=True)
                deviations.append(deviation)
            else:
                mean = member.predict(known)
            columns.append(mean)
        return np.column_stack(columns), _spread(deviations)


class _Trained(NamedTuple):
    """Networks, their scale, and what they say of labels that they have not seen, and have."""

    networks: Networks
    scale: MemberScale
    unseen: Floats
    seen: Floats


def _train_networks(
    data: Labelled,
    parameters: Mapping[str, Any],
    source: EncoderState | None,
    rng: np.random.RandomState,
    pseudo: PseudoLabels | None,
    scores: Floats | None,
    share: float,
    encoders: Encoders | None,
) -> list[_Trained]:
    """Both kinds of networks, from `scores` of unlabelled architectures first, if any."""
    trained = []
    stages, first, n = parameters["verbose"], 0, len(data.y)
    for kind, n_members in ((Encoders, parameters["n_members"]), (DAGNNs, DAGNN_SIZES["n_members"])):
        networks: Networks | None = encoders if kind is Encoders else None
        options: dict[str, Any] = {}
        if networks is None and pseudo is not None and scores is not None:
            stages.next(f"{NAMES[kind]}, unlabelled")
            memory = parameters["memory"] if share == PRETRAINING_SHARE else None
            networks = pseudo.pretrained(kind, scores, share, stages, memory)
            rescale(networks, data)
            options = fine_tuning(parameters, n)
        stages.next(f"{NAMES[kind]}, labelled")
        draws = None
        if kind is not Encoders or not parameters["bootstrap"]:
            draws = draws_by_fold(n, n_members, first, rng)
        if networks is None:
            networks = start_networks(kind, data, parameters, source, rng)
        draws = train_networks(
            networks,
            data,
            parameters,
            rng,
            draws=draws,
            starts_from_another=source is not None,
            early_stopping=parameters["early_stopping"],
            **options,
        )
        said = _predictions(networks, data.X)
        scale = MemberScale.of(said)
        seen = scale.standardised(said).mean(1)
        trained.append(_Trained(networks, scale, scale.unseen(said, draws), seen))
        first += n_members
    return trained


def _predictions(networks: Networks, X: Any) -> Floats:
    """Of each network, shape (n, n_members)."""
    if isinstance(networks, DAGNNs):
        return networks.predict(X)
    return networks.predict(X, "ignore")[:, -1]


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
    return np.sqrt(np.mean(np.square(deviations), axis=0))
