"""
Look at what a ranker has learnt on NAS-Bench-201
=================================================

Fit a small ranker on 78 cells and save pictures: how it ranks unseen cells, how
right its error bars are, the cells that it ranks best as one page for
the browser, what each operation of the best cell is worth, and how the
operation embeddings move while the encoder mimics training.
"""

# %%
# A ranker with three updates, and a regressor, fitted on 78 cells.

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.model_selection import LearningCurveDisplay

from tagates_sk import TAGATESRanker, TAGATESRegressor
from tagates_sk.datasets import load_nasbench201
from tagates_sk.inspection import (
    OperationImportanceDisplay,
    PrecisionAtKDisplay,
    RankingDisplay,
    UncertaintyDisplay,
    draw_cell,
    explain,
    export_html,
    operation_importance,
)
from tagates_sk.metrics import kendall_tau_scorer

folder = Path("inspection")
folder.mkdir(exist_ok=True)
nb201 = load_nasbench201()
order = np.random.RandomState(0).permutation(nb201.train_indices)
measured, more = order[:78], order[:156]
X, y = nb201.dags[measured], nb201.target[measured]
X_test, y_test = nb201.dags[nb201.test_indices], nb201.target[nb201.test_indices]
ranker = TAGATESRanker(T=4, max_iter=100, random_state=0).fit(X, y)
regressor = TAGATESRegressor(members="statistics", random_state=0).fit(X, y)

# %%
# How well it ranks, how many of the best it finds, whether error bars are
# right, and what more labels would bring (to the statistical members, which
# are fitted in a second).

figure, axes = plt.subplots(2, 2, figsize=(10, 9), layout="constrained")
RankingDisplay.from_estimator(ranker, X_test, y_test, ax=axes[0, 0])
PrecisionAtKDisplay.from_estimator(ranker, X_test, y_test, ax=axes[0, 1])
UncertaintyDisplay.from_estimator(regressor, X_test, y_test, name="regressor", ax=axes[1, 0])
LearningCurveDisplay.from_estimator(
    TAGATESRanker(members="statistics", random_state=0),
    nb201.dags[more],
    nb201.target[more],
    train_sizes=[15, 30, 60, 104],
    cv=3,
    scoring=kendall_tau_scorer,
    score_name="Kendall's tau",
    score_type="test",
    ax=axes[1, 1],
)
figure.savefig(folder / "ranking.png", dpi=120)

# %%
# The cells that it ranks best, to browse offline.

scores = ranker.predict(X_test)
export_html(
    X_test,
    scores,
    folder / "cells.html",
    names=[str(i) for i in nb201.test_indices],
    columns={"CIFAR-10 (%)": y_test},
    top=300,
    title="NAS-Bench-201: the best of the test half",
)

# %%
# The best of them: its operations, and what each is worth.

best = X_test[int(np.argmax(scores))]
draw_cell(best, node_names=True).figure.savefig(folder / "best_cell.png", dpi=120)
importance = OperationImportanceDisplay.from_estimator(ranker, best)
importance.figure_.savefig(folder / "importance.png", dpi=120)
worst = min(operation_importance(ranker, [best]), key=lambda row: row["change"])
print(
    f"The worst change: {worst['operation']} on {worst['place']} replaced by "
    f"{worst['replaced_by']}, {worst['change']:+.3f} in score."
)

# %%
# Operations of one type start at one point and come to differ.

display = explain(ranker, best)
display.figure_.savefig(folder / "embeddings.png", dpi=120)
moved = np.linalg.norm(display.embeddings[-1] - display.embeddings[0], axis=1)
for place, operation, distance in zip(display.places, display.operations, moved, strict=True):
    print(f"{place} {operation}: moved by {distance:.2f}")
print(f"pictures: {folder}/")
