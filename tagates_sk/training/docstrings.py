"""Parameters that several estimators document alike."""

from __future__ import annotations

import re
from typing import Any

ENCODER = """\
T : int, default=2
        Number of forward passes (time steps) of an encoder. Between two passes
        the operation embeddings are updated. 1 is GATES.
    s : float, default=0.1
        Scale of an update of the operation embeddings.
    symmetry_breaking : {"auto", "none", "random", "add", "concat"}, default="auto"
        What tells operations of one type apart before the first pass.
        "none": nothing. "random": normal noise of standard deviation 0.1, drawn
        anew in every training step, and fixed by the operation's place when
        predicting. "add": β·MLP(Z) is added to the embedding, where Z is the
        attribute `zero_cost` (equation 1). "concat": Z stands beside the embedding
        wherever a gate is computed. "auto" is "add" where the architectures
        carry `zero_cost`, else "none".
    beta : float, default=0.1
        Scale β of the zero-cost embedding for "add".
    n_layers : int or "auto", default="auto"
        Propagation layers L of a pass. "auto" is the number of edges of the
        longest path from an input to the output in the training set, at
        least 2.
    layer_dim : int, default=64
        Width d of the propagation layers.
    head : list of int, default=(200, 200)
        Widths of the hidden layers of the head.
    dropout : float, default=0.1
        Dropout in the head.
    features : transformer or None, default=None
        Turns architectures into a numeric matrix, for instance
        :class:`~tagates_sk.zero_cost.ZeroCostProxies`. It is fitted on the
        training architectures. The head of TA-GATES encoders reads its features
        beside the encoding, standardised and clipped at 5 standard deviations; the
        other members do not.
    members : {"all", "encoder", "statistics"} or list, default="all"
        Which members are blended. "all": encoders, asynchronous and recurrent
        networks, Gaussian processes and boosted trees. "encoder": the TA-GATES
        encoders alone, as in the paper. "statistics": processes and trees alone,
        which fit in about a second. With several targets or `conditions`, "all"
        means "encoder". A list is "all" or "statistics" and then regressors of any
        library, or pairs (name, regressor), which are blended with them:
        ``["all", LGBMRegressor()]``.
    n_members : int, default=2
        Number of TA-GATES encoders. They are trained side by side from different
        initial weights, and `transform` concatenates their encodings.
    bootstrap : bool, default=False
        Whether each encoder is trained on a bootstrap sample of the training set.
        Where encoders predict alone, a regressor then scales its standard
        deviations by their errors on architectures that they have not seen.
    pretrained : TAGATESRanker, TAGATESRegressor or their `pretrained_`, default=None
        Estimator whose encoder this one starts from, instead of random weights. It
        was fitted, perhaps on other targets, or pre-trained by :meth:`pretrain`.
        Operation embeddings are matched by name. Sizes must agree; where
        `n_layers` or `operations` is "auto", they are taken from it. It is never
        changed, and clones start from the same one.
    pretrained_learning_rate : float, default=0.1
        Factor of the encoder's learning rate if `pretrained` is set. 0 freezes the
        encoder. The head always has the full rate."""

SIZES = """\
layer_dim : int, default=64
        Width of the layers.
    op_dim : int, default=48
        Width of the embeddings that the first layer reads.
    head : list of int, default=(200, 200)
        Widths of the hidden layers of the head.
    dropout : float, default=0.1
        Dropout in the head."""

RANKING_LOSS = """\
loss : {"auto", "hinge", "logistic", "listmle", "mse"}, default="auto"
        Loss of the networks: pairwise hinge loss over all pairs of a batch,
        pairwise logistic loss, likelihood of the whole order, or squared error of
        the standardised target. "auto" is "hinge"."""

REGRESSION_LOSS = """\
loss : {"auto", "mse"}, default="auto"
        Loss of networks that predict values: squared error of the standardised
        target. Networks of a blend learn to rank."""

TRAINING = """\
margin : float, default=0.03
        Margin of the hinge loss.
    max_pairs : int or None, default=None
        Maximum number of pairs per batch, drawn at random; None for all. Only for
        pairwise losses.
    optimizer : {"adamw", "adam"}, default="adamw"
        Optimizer. They differ in how weight decay acts.
    learning_rate : float, default=1e-3
        Learning rate; with the one-cycle schedule, its maximum.
    schedule : {"one_cycle", "constant"}, default="one_cycle"
        How the learning rate changes during a fit.
    weight_decay : float, default=0.05
        Weight decay.
    batch_size : int or "auto", default="auto"
        Architectures per step. "auto" is 32, or 64 for TA-GATES and GATES with
        more than 500 architectures.
    max_iter : int, default=200
        Epochs.
    early_stopping : bool, default=False
        Whether to hold out a part of the training set, stop when the score on it no
        longer improves, and keep the best state.
    validation_fraction : float, default=0.1
        Fraction of the architectures with a final value and a weight that early
        stopping holds out.
    n_iter_no_change : int, default=20
        Epochs without improvement after which to stop.
    tol : float, default=0.0
        Smallest increase that counts as an improvement.
    warm_start : bool, default=False
        Whether another call of fit continues from the current state.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations of the training set.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        How to predict an operation outside the vocabulary. "warn": as the mean of
        the known ones, with a warning that names it. "error": refuse it. "ignore":
        as "warn", without the warning. An attribute of operations that fit
        did not see is left out instead.
    device : str or torch.device, default="auto"
        Device of the networks; "auto" is a GPU if there is one, else the CPU.
    random_state : int, RandomState instance or None, default=None
        Seed of initial weights, batches, dropout and the held-out part.
    verbose : int, default=0
        Whether to show progress bars."""

ATTRIBUTES = """\
operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Number of cells of an architecture.
    n_layers_ : int
        Layers of the encoder.
    n_iter_ : int
        Number of epochs run so far.
    history_ : dict of str to list of float
        "loss" and "learning_rate" of every epoch; "validation_score" with
        early stopping.
    model_ : torch.nn.Module
        Encoder and head.
    device_ : str
        Where the network is.
    y_mean_, y_std_ : float
        Mean and standard deviation of the (final) training targets.
    n_targets_ : int
        Number of targets, the columns of y."""

NOTES = """\
Meta-estimators that convert X to a numeric array do not work:
    ``BaggingRegressor``, ``AdaBoostRegressor``,
    ``StackingRegressor(passthrough=True)``. Those that only index X do."""


def _without(text: str, *names: str) -> str:
    """Documentation of parameters but for these."""
    entries = re.split(r"\n    (?=\w)", text)
    return "\n    ".join(entry for entry in entries if entry.split(" :")[0] not in names)


LABEL_FREE = """\
proxies : transformer, "auto" or None, default=None
        Turns architectures into zero-cost scores, higher for better ones, such as
        :class:`~tagates_sk.zero_cost.ZeroCostProxies`. "auto" is that with FLOPs,
        NASWOT, expressivity and progressivity. The consensus of the scores is the
        prior of the statistical members, which also read the scores. Before they
        see a label, networks learn to rank `X_unlabeled` of fit by the consensus.
        See :class:`~tagates_sk.estimators.ProxyRanks`.
    memory : str, path or joblib.Memory, default=None
        Folder for what networks learn without labels. A later fit with more labels,
        as in each round of a search, starts there. It needs the same `X_unlabeled`
        and an int as `random_state`."""

VARIANT = """\
variant : Variant or None, default=None
        Switches of the encoder that reproduce the paper or leave a part of the
        method out, see :class:`~tagates_sk.Variant`. None is ``Variant()``."""


_PARTS = {
    "encoder": ENCODER,
    "sizes": SIZES,
    "ranking_loss": RANKING_LOSS,
    "regression_loss": REGRESSION_LOSS,
    "training": TRAINING,
    "tagates_training": _without(TRAINING, "max_pairs", "optimizer").replace(
        """margin : float, default=0.03
        Margin of the hinge loss.""",
        """margin : float or "auto", default="auto"
        Margin of the hinge loss. "auto" is 0.03 for operations on edges, 0.1
        for those on nodes.""",
    )
    .replace("device : str", f"{LABEL_FREE}\n    {VARIANT}\n    device : str")
    .replace(
        """max_iter : int, default=200
        Epochs.""",
        """max_iter : int or "auto", default="auto"
        Epochs. "auto" is 100. A blend that learns from no unlabelled architectures
        takes 60 for up to 100 labels; for more than n = 1,000 it takes 3,162 / √n, but
        at least 30. Blends of architectures with more than 16 operations on a path
        take at most 750,000 epochs divided by the number of operations in X, but at
        least 20.""",
    ),
    "attributes": ATTRIBUTES,
    "notes": NOTES,
}  # fmt: skip


def fill(cls: type[Any]) -> None:
    """Put the parts above where a class's docstring has ``%(name)s``."""
    if cls.__doc__ and "training)s" in cls.__doc__:
        cls.__doc__ %= _PARTS
