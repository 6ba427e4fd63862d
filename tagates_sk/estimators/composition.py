"""Kinds of networks and statistical members, blended into one ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from .._utils import Floats, Stages, draw_seed
from ..graphs import ArchitectureSequence, PackedGraphs
from ..nn.transfer import EncoderState
from ..training.network import read_in_parts
from ..training.normal_scores import NormalScores
from ..training.targets import TargetScaler
from ..training.tasks import RANKING
from .blend import Blend
from .boosting import BoostingMember
from .encoder import Encoders, Labelled
from .label_free import LabelFree
from .networks import (
    NETWORKS,
    Kind,
    MemberScale,
    Networks,
    draws_by_fold,
    kinds_of,
    with_all_at_last,
)
from .process import ProcessMember
from .proxy_ranks import ProxyRanks
from .pseudo_labels import PseudoLabels, fine_tuning
from .regressors import Named, RegressorMember, named_regressors
from .score_map import ScoreMap
from .statistics import GraphStatistics

ALL = ("walks/*", "operations/*", "wires/*", "edges/*", "places/*", "capacity/*")

PROCESSES: dict[str, Sequence[str]] = {
    "flow": ("walks/*", "walks/*/*", "places/*", "capacity/*"),
    "all": ALL,
}
"""The blocks of statistics that each process reads."""

WITH_PROXIES: dict[str, Sequence[str]] = {
    "flow": ("proxies",),
    "all": (*ALL, "proxies"),
}
"""The same where there are proxies."""

BOOSTING = "boosting"

MEMBERS = {
    "flow": "process on walks",
    "all": "process on all statistics",
    BOOSTING: "boosted trees",
}
"""The library's own statistical members, and their names for users."""

PRIOR_HALF_LIFE = 30.0
"""With this many labels, boosted trees rely half as much on the consensus of proxies."""

PART = 16384
"""Most architectures whose statistics are in memory at once."""

NUMBERS = 2**23
"""Most numbers in these statistics: 64 MB."""


@dataclass
class Composition:
    """Members fitted to the same labels, and their blend.

    Parameters
    ----------
    networks : list of Encoders and RecurrentNetworks
        All kinds, or none.
    scales : list of MemberScale
        One for each kind.
    statistics : GraphStatistics
    members : dict
        Statistical members by name, users' regressors last.
    blend : Blend
    score_map : ScoreMap
        Maps blended scores to the target's units.
    ranks : ProxyRanks or None
        Zero-cost scores that statistical members read.
    """

    networks: list[Networks]
    scales: list[MemberScale]
    statistics: GraphStatistics
    members: dict[str, Any]
    blend: Blend
    score_map: ScoreMap
    ranks: ProxyRanks | None = None

    @property
    def encoders(self) -> Encoders | None:
        """The networks with the estimator's own parameters; None if there are no networks."""
        first = self.networks[0] if self.networks else None
        assert first is None or isinstance(first, Encoders)
        return first

    @property
    def names(self) -> list[str]:
        """The members, in the order of the blend's weights."""
        networks = NETWORKS[: len(self.networks)]
        return [*networks, *(MEMBERS.get(name, name) for name in self.members)]

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
        """Fit all members, and weight them by their errors on labels they have not seen.

        Parameters
        ----------
        data : Labelled
            With one target per architecture.
        parameters : mapping
            Parameters of the estimator and its variant.
        source : EncoderState or None
            The weights that the encoders start from.
        rng : numpy RandomState
        with_networks : bool
            Whether to fit networks, or statistical members only.
        encoders : Encoders, optional
            Encoders to train further; by default new ones.
        unlabeled : ArchitectureSequence, optional
            Architectures without labels.
        """
        has_proxies = parameters["proxies"] is not None
        learns_scores = with_networks and has_proxies and unlabeled is not None and encoders is None
        kinds: list[Kind] = []
        if with_networks:
            others = None if unlabeled is None else unlabeled.packed()
            kinds = kinds_of(parameters, source, data.packed, others, learns_scores=learns_scores)
        n_stages = 1 + has_proxies + len(kinds) * (4 if learns_scores else 1)
        with Stages(n_stages, parameters["verbose"]) as stages:
            if has_proxies:
                stages.next("proxies")
            known = LabelFree.of(data, unlabeled, parameters["proxies"], rng)
            train = partial(_train_networks, data, kinds, rng, stages)
            regressors = named_regressors(parameters["members"])
            blended = partial(cls._blended, data, known, regressors, rng, stages)
            if not learns_scores:
                trained = train(encoders=encoders) if with_networks else []
                return blended(trained)
            pseudo_labels = PseudoLabels.draw(known, data, rng)
            trained = train(partial(pseudo_labels.pretrained, parameters["memory"]))
            composition = blended(trained)
            composition._train_again(pseudo_labels, known, train)
            return composition

    def _train_again(
        self, pseudo: PseudoLabels, known: LabelFree, train: Callable[..., list[_Trained]]
    ) -> None:
        """Self-training: new networks learn the blend's scores of unlabelled architectures."""
        assert known.scores is not None
        columns, _ = self._members(pseudo.X, pseudo.packed, known.scores[pseudo.rows])
        labels = plain_scores(self.blend.predict(columns)[:, None])
        trained = train(partial(pseudo.self_trained, labels))
        for i, one in enumerate(trained):
            after = one.network.predict(pseudo.X, "ignore")[:, -1]
            self.networks[i], self.scales[i] = one.network, MemberScale.alike(after, columns[:, i])

    @classmethod
    def _blended(
        cls,
        data: Labelled,
        known: LabelFree,
        regressors: Named,
        rng: np.random.RandomState,
        stages: Stages,
        trained: Sequence[_Trained],
    ) -> Composition:
        """Fit statistical members, and the blend of all members."""
        stages.next("statistics")
        weights, targets = data.weights, plain_scores(data.y)
        statistics = GraphStatistics().fit(known.packed, known.scores)
        columns = statistics.transform(data.packed, known.of_labelled)
        has_scores = known.scores is not None
        processes = WITH_PROXIES if has_scores else PROCESSES
        members: dict[str, Any] = {name: ProcessMember(b) for name, b in processes.items()}
        members[BOOSTING] = BoostingMember(prior_half_life=PRIOR_HALF_LIFE * has_scores)
        members |= {name: RegressorMember(name, regressor) for name, regressor in regressors}
        unseen, seen = [t.unseen for t in trained], [t.seen for t in trained]
        for name, member in members.items():
            stages.set_postfix(member=MEMBERS.get(name, name))
            member.fit(columns, targets, weights, random_state=draw_seed(rng))
            unseen.append(member.unseen_)
            seen.append(member.predict(columns))
        out_of_sample, in_sample = np.column_stack(unseen), np.column_stack(seen)
        blend = Blend().fit(out_of_sample, targets, weights, in_sample, random_state=draw_seed(rng))
        spread = _spread([members[name].unseen_std_ for name in processes])
        score_map = ScoreMap().fit(
            blend.unseen_, data.y[:, 0], weights, spread, blend.predict(in_sample)
        )
        networks, scales = [t.network for t in trained], [t.scale for t in trained]
        return cls(networks, scales, statistics, members, blend, score_map, known.ranks)

    def predict(self, X: Any, handle_unknown: str, verbose: Any = 0) -> Blended:
        """Predict with all members, and blend them.

        Parameters
        ----------
        X : sequence of n architectures
        handle_unknown : {"warn", "error", "ignore"}
        verbose : int or bool
        """
        found = []
        width = sum(len(scale.varies) for scale in self.statistics._scales.values())
        for part in read_in_parts(X, verbose, max(1, min(PART, NUMBERS // width))):
            part.packed.with_vocabulary(self.statistics.operations_, handle_unknown)
            part.packed.check_attributes(self.statistics.attributes_, handle_unknown)
            scores = None if self.ranks is None else self.ranks.transform(part.X)
            found.append(self._members(part.X, part.packed, scores))
        members, spread = (np.concatenate(values) for values in zip(*found, strict=True))
        return Blended(self.blend.predict(members), spread, members)

    def _members(
        self, X: Any, packed: PackedGraphs, scores: Floats | None
    ) -> tuple[Floats, Floats]:
        """The predictions of each member, and the standard deviation of the processes."""
        columns = [
            scale.standardised(network.predict(X, "ignore")[:, -1]).mean(1)
            for scale, network in zip(self.scales, self.networks, strict=True)
        ]
        known = self.statistics.transform(packed, scores)
        deviations = []
        for member in self.members.values():
            if isinstance(member, ProcessMember):
                mean, deviation = member.predict(known, return_std=True)
                deviations.append(deviation)
            else:
                mean = member.predict(known)
            columns.append(mean)
        return np.column_stack(columns), _spread(deviations)


class _Trained(NamedTuple):
    """Networks, their scale, and their predictions for unseen and for seen labels."""

    network: Networks
    scale: MemberScale
    unseen: Floats
    seen: Floats


def _train_networks(
    data: Labelled,
    kinds: Sequence[Kind],
    rng: np.random.RandomState,
    stages: Stages,
    pretrained: Callable[[Kind, Stages], Networks] | None = None,
    *,
    encoders: Encoders | None = None,
) -> list[_Trained]:
    """Networks of all kinds, new or fine-tuned.

    Each new network leaves out a part of the labels, is judged by it, and learns it at
    the end. Networks that are `pretrained` see all labels at once: judged without a
    part, they would look worse than they are.
    """
    trained, fold, n = [], 0, len(data.y)
    for i, kind in enumerate(kinds):
        own = {**kind.parameters, "verbose": stages}
        network: Networks | None = encoders if i == 0 else None
        options: dict[str, Any] = {}
        labelled = replace(data)
        if pretrained is not None:
            stages.next(f"{kind.name}, pseudo-labels")
            network = pretrained(kind, stages)
            network.network.scaler = TargetScaler.of(data.y, data.weights)
            options = fine_tuning(own, n)
        stages.next(f"{kind.name}, labels")
        draws, last = None, None
        if pretrained is None and not own["bootstrap"]:
            draws = draws_by_fold(n, own["n_members"], fold, rng)
        if draws is not None and not own["early_stopping"]:
            options, last = with_all_at_last(own)
        fold += own["n_members"]
        if network is None:
            network = kind.networks.start(labelled, RANKING, own, kind.source, None, rng)
        train = partial(
            network.train,
            labelled,
            RANKING,
            own,
            rng,
            starts_from_another=kind.source is not None,
            early_stopping=own["early_stopping"],
        )
        n_iter = network.network.n_iter
        draws = train(draws=draws, **options)
        scores = network.predict(data.X, "ignore")[:, -1]
        scale = MemberScale.of(scores)
        unseen = scale.unseen(scores, draws)
        if last is not None and network.network.n_iter == n_iter + options["max_iter"]:
            train(draws=np.ones_like(draws), **last)
            scores = network.predict(data.X, "ignore")[:, -1]
            scale = MemberScale.of(scores)
        seen = scale.standardised(scores).mean(1)
        trained.append(_Trained(network, scale, unseen, seen))
    return trained


class Blended(NamedTuple):
    """Predictions for architectures.

    Parameters
    ----------
    scores : ndarray of float64, shape (n,)
        Their blend.
    spread : ndarray of float64, shape (n,)
        The processes' own standard deviation.
    members : ndarray of float64, shape (n, k)
        Those of all members: kinds of networks, then statistical members.
    """

    scores: Floats
    spread: Floats
    members: Floats


def plain_scores(y: Floats) -> Floats:
    """Normal scores of targets, shape (n,), whatever `set_output` users chose."""
    scores: Floats = NormalScores().set_output(transform="default").fit_transform(y)[:, 0]
    return scores


def _spread(deviations: Sequence[Floats]) -> Floats:
    spread: Floats = np.sqrt(np.mean(np.square(deviations), axis=0))
    return spread
