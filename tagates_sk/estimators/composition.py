"""Encoders, another kind of network and statistical members, blended into one ranking."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    Kind,
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

WITH_PROXIES: dict[str, Sequence[str]] = {
    "flow": ("proxies",),
    "all": ("walks", "operations", "edges", "places", "capacity", "proxies"),
}
"""The same where there are proxies."""

PRIOR_HALF_LIFE = 30.0
"""Labels that halve what boosted trees take over from the consensus of proxies."""

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
        has_proxies = parameters["proxies"] is not None
        learns_scores = with_networks and has_proxies and unlabeled is not None and encoders is None
        n_stages = 1 + has_proxies + len(KINDS) * with_networks * (4 if learns_scores else 1)
        with Stages(n_stages, parameters["verbose"]) as stages:
            parameters = {**parameters, "verbose": stages}
            if has_proxies:
                stages.next("proxies")
            known = LabelFree.of(data, unlabeled, parameters["proxies"], rng)
            train = partial(_train_networks, data, parameters, source, rng)
            if not learns_scores:
                trained = train(encoders=encoders) if with_networks else []
                stages.next("statistics")
                return cls._blended(data, known, trained, rng)
            pseudo_labels = PseudoLabels.draw(known, data, parameters, source, rng)
            trained = train(partial(pseudo_labels.pretrained, parameters["memory"]))
            stages.next("statistics")
            composition = cls._blended(data, known, trained, rng)
            composition._train_again(pseudo_labels, known, train)
            return composition

    def _train_again(
        self, pseudo: PseudoLabels, known: LabelFree, train: Callable[..., list[_Trained]]
    ) -> None:
        """Self-training: new networks learn what the blend says of unlabelled architectures.

        The blend stays: its weights were found on labels that members had not
        seen, which is so no longer. So the new networks see all labels.
        """
        assert known.scores is not None
        columns, _ = self._members(pseudo.X, pseudo.packed, known.scores[pseudo.rows])
        labels = plain_scores(self.blend.predict(columns)[:, None])
        trained = train(partial(pseudo.self_trained, labels), leave_out=False)
        self._replace_networks(trained, pseudo.X)

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
        has_scores = known.scores is not None
        processes = WITH_PROXIES if has_scores else PROCESSES
        members: dict[str, Any] = {name: ProcessMember(b) for name, b in processes.items()}
        members["boosting"] = BoostingMember(prior_half_life=PRIOR_HALF_LIFE * has_scores)
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

    def _replace_networks(self, trained: list[_Trained], X: Any) -> None:
        """Put networks in the place of others, on whose scale they are for architectures X."""
        before: list[Networks] = [m for m in (self.encoders, self.others) if m is not None]
        for i, (old, one) in enumerate(zip(before, trained, strict=True)):
            expected = self.scales[i].standardised(_predictions(old, X)).mean(1)
            scores = _predictions(one.networks, X)
            own = MemberScale.of(scores)
            spread = float(own.standardised(scores).mean(1).std())
            std = own.std * spread / max(float(expected.std()), 1e-9)
            scale = MemberScale(own.mean - std * expected.mean(), std)
            trained[i] = one._replace(scale=scale)
        self._set_networks(trained)

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
    pretrained: Callable[[Kind, Stages], Networks] | None = None,
    *,
    encoders: Encoders | None = None,
    leave_out: bool = True,
) -> list[_Trained]:
    """Networks of both kinds, new ones or fine-tuned.

    Each leaves out a part of the labels, to be judged by it, if `leave_out`.
    """
    trained = []
    stages, first = parameters["verbose"], 0
    for kind, n_members in zip(
        KINDS, (parameters["n_members"], DAGNN_SIZES["n_members"]), strict=True
    ):
        networks: Networks | None = encoders if kind is Encoders else None
        options: dict[str, Any] = {}
        if pretrained is not None:
            stages.next(f"{NAMES[kind]}, pseudo-labels")
            networks = pretrained(kind, stages)
            rescale(networks, data)
            options = fine_tuning(parameters, len(data.y))
        stages.next(f"{NAMES[kind]}, labels")
        draws = None
        if leave_out and (kind is not Encoders or not parameters["bootstrap"]):
            draws = draws_by_fold(len(data.y), n_members, first, rng)
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
        scores = _predictions(networks, data.X)
        scale = MemberScale.of(scores)
        seen = scale.standardised(scores).mean(1)
        trained.append(_Trained(networks, scale, scale.unseen(scores, draws), seen))
        first += n_members
    return trained


def _predictions(networks: Networks, X: Any) -> Floats:
    """Of each network, shape (n, n_members)."""
    if isinstance(networks, DAGNNs):
        return networks.predict(X)
    scores: Floats = networks.predict(X, "ignore")[:, -1]
    return scores


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
