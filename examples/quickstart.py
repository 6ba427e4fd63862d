"""
Rank 7,812 unseen NAS-Bench-201 cells from 78 measured ones
===========================================================

The main job of the library on real data that comes with it: fit a ranker on 78
cells whose CIFAR-10 accuracy is known (1% of the published training half), rank
the published test half, and compare with the truth.
"""

# %%
# The benchmark: 15,625 cells as networkx DAGs and their test accuracy.

import time

import numpy as np

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench201
from tagates_sk.metrics import kendall_tau, precision_at_k

N_MEASURED = 78
nb201 = load_nasbench201()
measured = np.random.RandomState(0).permutation(nb201.train_indices)[:N_MEASURED]
unseen = nb201.test_indices

# %%
# Fit on the measured cells, rank the unseen ones.

start = time.perf_counter()
ranker = TAGATESRanker(random_state=0).fit(nb201.dags[measured], nb201.target[measured])
fitted = time.perf_counter()
scores = ranker.predict(nb201.dags[unseen])
ranked = time.perf_counter()

truth = nb201.target[unseen]
tau = kendall_tau(truth, scores)
print(f"fitted on {len(measured)} cells in {fitted - start:.1f} s")
print(f"ranked {len(unseen):,} unseen cells in {ranked - fitted:.2f} s")
print(f"Kendall's tau: {tau:.3f}")
print(f"true best 1% among predicted best 1%: {precision_at_k(truth, scores, 0.01):.0%}")

# %%
# The ten cells it would train next.

true_rank = np.empty(len(truth), dtype=int)
true_rank[np.argsort(-truth, kind="stable")] = np.arange(1, len(truth) + 1)
top = np.argsort(-scores, kind="stable")[:10]
print("\npredicted  true rank  accuracy  cell")
for place, i in enumerate(top, start=1):
    cell = nb201.dags[unseen[i]]
    ops = " ".join(f"{u}-{v}:{op}" for u, v, op in cell.edges(data="op"))
    print(f"{place:9d}  {true_rank[i]:9,d}  {truth[i]:7.2f}%  {ops}")

# %%
# Predicted against true rank.

try:
    import matplotlib.pyplot as plt
except ImportError:
    print("\nThe picture needs matplotlib: pip install 'tagates_sk[plot]'")
else:
    predicted_rank = np.empty(len(truth), dtype=int)
    predicted_rank[np.argsort(-scores, kind="stable")] = np.arange(1, len(truth) + 1)
    figure, axes = plt.subplots(figsize=(5.6, 5.2), layout="constrained")
    points = axes.scatter(
        true_rank, predicted_rank, c=truth, s=4, linewidths=0, cmap="viridis", vmin=80,
        rasterized=True,
    )  # fmt: skip
    axes.scatter(
        true_rank[top], predicted_rank[top], s=46, facecolors="none", edgecolors="crimson",
        label="predicted top ten",
    )  # fmt: skip
    axes.plot([1, len(truth)], [1, len(truth)], color="0.4", linewidth=0.8, zorder=0)
    axes.set(
        xlabel="true rank (1 = best)",
        ylabel="predicted rank (1 = best)",
        title=f"NAS-Bench-201, CIFAR-10: {N_MEASURED} cells measured, {len(truth):,} ranked\n"
        f"Kendall's tau = {tau:.3f}",
    )
    axes.legend(loc="upper left", frameon=False)
    figure.colorbar(points, label="test accuracy (%)", extend="min", shrink=0.8)
    figure.savefig("quickstart.png", dpi=150)
    print("\npicture: quickstart.png")
