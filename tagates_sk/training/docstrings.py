"""Parameters that several estimators document alike."""

from __future__ import annotations

import re
from typing import Any

ENCODER = """\
T : int, default=2
        Number of forward passes (time steps); T − 1 updates of the operation
        embeddings lie between them. 1 is GATES.
    s : float, default=0.1
        Scale of an update of the operation embeddings.
    symmetry_breaking : {"auto", "none", "random", "add", "concat"}, default="auto"
        What tells operations of one type apart before the first pass:
        nothing; normal noise of standard deviation 0.1, drawn anew at each
        pass of training and fixed by an operation's place in prediction;
        β·MLP(Z) added to the embedding, Z being the attribute `zero_cost`
        (equation 1); or Z beside the embedding wherever a gate is computed.
        "auto" is "add" where the architectures carry `zero_cost`, else "none".
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
        From architectures to a numeric matrix, for instance
        :class:`~tagates_sk.features.OperationStatistics` or
        :class:`~tagates_sk.zero_cost.ZeroCostProxies`. It is fitted on the
        training architectures; its features, standardised and cut off at 5
        standard deviations, stand beside the encoding before the head.
    members : {"all", "encoder", "statistics"}, default="all"
        What predictions are made of: encoders, another kind of network and
        statistics of the graphs, weighed by what each says of labels that it has
        not seen; the TA-GATES encoders alone, as in the paper; or the statistics
        alone, which are fitted in a second. With several targets or conditions
        of training, "all" is the encoders alone.
    n_members : int, default=2
        TA-GATES encoders, trained side by side with initial weights of their
        own; encodings stand side by side.
    bootstrap : bool, default=False
        Whether each member is trained on a bootstrap sample of the training
        set, and not on all of it. A regressor then scales the standard
        deviations that it predicts, by what members say of architectures they
        have not seen in the first fit.
    pretrained : TAGATESRanker, TAGATESRegressor or their `pretrained_`, default=None
        Whose encoder this one starts from, instead of random weights: an
        estimator that was fitted, on other targets perhaps, or else pre-trained
        by :meth:`pretrain`. Embeddings of operations are matched by name. The
        sizes must agree; where `n_layers` or `operations` is "auto", depth and
        further operations are taken over. It is only read, and clones start
        from the same one.
    pretrained_learning_rate : float, default=0.1
        Factor of the encoder's learning rate where it starts from another one's
        weights; 0 leaves it as it was. The head has the full rate."""

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
        Pairwise hinge loss over all pairs of a batch; pairwise logistic loss;
        likelihood of the whole order; or squared error of the standardised
        target. "auto" is "hinge"."""

REGRESSION_LOSS = """\
loss : {"auto", "mse"}, default="auto"
        Squared error of the standardised target."""

TRAINING = """\
margin : float, default=0.03
        Margin of the hinge loss.
    max_pairs : int or None, default=None
        Most pairs a batch to look at, drawn at random; None for all. For the
        pairwise losses.
    optimizer : {"adamw", "adam"}, default="adamw"
        Optimizer; they differ in what weight decay means.
    learning_rate : float, default=1e-3
        Learning rate, the highest one of the one-cycle schedule.
    schedule : {"one_cycle", "constant"}, default="one_cycle"
        Learning rate over the steps of a fit.
    weight_decay : float, default=0.05
        Weight decay.
    batch_size : int or "auto", default="auto"
        Architectures a step. "auto" is 32, and 64 for TA-GATES and GATES if
        there are more than 500.
    max_iter : int, default=200
        Epochs.
    early_stopping : bool, default=False
        Whether to hold out a part of the training set, stop when its score no
        longer improves, and keep the best state.
    validation_fraction : float, default=0.1
        The part that early stopping holds out, of the architectures that have
        a final value and a weight.
    n_iter_no_change : int, default=20
        Epochs without improvement after which to stop.
    tol : float, default=0.0
        What counts as an improvement.
    warm_start : bool, default=False
        Whether a further call of fit goes on from the present state.
    operations : "auto" or list of str, default="auto"
        The vocabulary; "auto" is the operations of the training set.
    handle_unknown : {"warn", "error", "ignore"}, default="warn"
        What to do with an operation outside the vocabulary when predicting:
        take it as the mean of the known ones, with a warning that names it;
        refuse it; or take it so without a word. An attribute beside operations
        that fit did not see is left out, refused, or left out without a word.
    device : str or torch.device, default="auto"
        Where to compute; "auto" is a GPU where there is one, else the CPU.
    random_state : int, RandomState instance or None, default=None
        Initial weights, batches, dropout and held-out part.
    verbose : int, default=0
        Whether to show progress bars."""

ATTRIBUTES = """\
operations_ : list of str
        The vocabulary, sorted.
    n_cells_ : int
        Cells an architecture.
    n_layers_ : int
        Layers of the encoder.
    n_iter_ : int
        Epochs run so far.
    history_ : dict of str to list of float
        "loss" and "learning_rate" of every epoch; "validation_score" with
        early stopping.
    model_ : torch.nn.Module
        Encoder and head.
    device_ : str
        Where they are.
    y_mean_, y_std_ : float
        Mean and standard deviation of the (final) training targets.
    n_targets_ : int
        Targets an architecture: columns of y."""

NOTES = """\
Architectures are no rows of numbers: meta-estimators that turn X into an
    array (``BaggingRegressor``, ``AdaBoostRegressor``,
    ``StackingRegressor(passthrough=True)``) cannot be used; those that only
    index it can."""


def _without(text: str, *names: str) -> str:
    """Documentation of parameters but for these."""
    entries = re.split(r"\n    (?=\w)", text)
    return "\n    ".join(entry for entry in entries if entry.split(" :")[0] not in names)


LABEL_FREE = """\
proxies : transformer, "auto" or None, default=None
        From architectures to scores, each higher for what should be better, which
        cost no label, such as :class:`~tagates_sk.zero_cost.ZeroCostProxies`; "auto"
        is that with FLOPs, NASWOT, expressivity and progressivity. Their
        consensus is what is expected of an architecture before labels, statistical
        members read them, and networks learn to rank `X_unlabeled` of fit by
        the consensus before they see a label, see
        :class:`~tagates_sk.estimators.ProxyRanks`.
    memory : str, path or joblib.Memory, default=None
        Where networks are kept as they are before they see a label, so that a fit
        to more labels, as after each round of a search, starts there. It takes
        the same `X_unlabeled` and an int as `random_state`."""

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
    .replace("max_iter : int, default=200", "max_iter : int, default=100"),
    "attributes": ATTRIBUTES,
    "notes": NOTES,
}  # fmt: skip


def fill(cls: type[Any]) -> None:
    """Put the parts above where a class's docstring has ``%(name)s``."""
    if cls.__doc__ and "training)s" in cls.__doc__:
        cls.__doc__ %= _PARTS
