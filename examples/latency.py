"""
Predict latency on a new device from ten measurements
=====================================================

You have measured a search space on some devices and want to know its latency on
another one. Ten measurements there are enough: latencies on devices are nearly sums
of each other. The same ten cells show what graphs alone can tell.
"""

# %%
# Latencies of all cells of NAS-Bench-201 on 13 devices that we know, and on a new one.

from collections import Counter

import matplotlib.pyplot as plt
import numpy as np
from sklearn.compose import TransformedTargetRegressor
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tagates_sk import TAGATESRegressor
from tagates_sk.datasets import load_latency, load_nasbench201
from tagates_sk.inspection import ParetoDisplay
from tagates_sk.metrics import spearman_rho

NEW = "titan_rtx_256"
KNOWN = [
    "1080ti_1", "1080ti_32", "1080ti_256", "titanx_1", "titanx_32", "titanx_256",
    "silver_4114", "silver_4210r", "gold_6240", "pixel3", "samsung_a50", "samsung_s7",
    "essential_ph_1",
]  # fmt: skip
data = load_latency("nasbench201", [NEW, *KNOWN])
cells, latency, known = data.dags, data.target[:, 0], data.target[:, 1:]

# %%
# The networks that were measured also run operations that lead nowhere. The predictors
# of this library leave these out, as they do not change the accuracy. So we count them here.

counts = [Counter(op for *_, op in cell.edges(data="op")) for cell in cells]
operations = sorted(set().union(*counts))
per_operation = np.array([[count[name] for name in operations] for count in counts])

# %%
# A linear model in milliseconds without negative weights: a network that is slower on all
# known devices is not faster on the new one. The elastic net drops devices that do
# not help. Ridge regression on logarithms is what it is compared with.

linear = TransformedTargetRegressor(
    make_pipeline(StandardScaler(), ElasticNet(alpha=0.02, l1_ratio=0.5, positive=True)),
    transformer=StandardScaler(),
)
X = np.column_stack([known, per_operation])
rho: dict[str, list[float]] = {"elastic net": [], "ridge": [], "graphs alone": []}
for seed in range(12):
    order = np.random.RandomState(seed).permutation(len(latency))
    measured, others = order[:10], order[10:]
    predicted = linear.fit(X[measured], latency[measured]).predict(X[others])
    rho["elastic net"].append(spearman_rho(latency[others], predicted))
    ridge = make_pipeline(StandardScaler(), Ridge())
    ridge.fit(np.log(known[measured]), np.log(latency[measured]))
    rho["ridge"].append(spearman_rho(latency[others], ridge.predict(np.log(known[others]))))
    if seed < 3:
        graphs = TAGATESRegressor(members="statistics", random_state=0)
        graphs.fit(cells[measured], latency[measured])
        rho["graphs alone"].append(spearman_rho(latency[others], graphs.predict(cells[others])))

print("Spearman's rho with ten measurements, mean:")
for name, values in rho.items():
    print(f"{name:>12}  {np.mean(values):.3f}  ({len(values)} draws)")

# %%
# Measured against predicted latency, and the cells that are accurate and fast.

predicted = linear.predict(X)
accuracy = load_nasbench201().target
figure, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
axes[0].scatter(latency, predicted, s=3, linewidths=0, color="0.5", rasterized=True)
axes[0].scatter(latency[measured], predicted[measured], s=30, color="tab:blue", label="measured")
axes[0].axline((latency.mean(), latency.mean()), slope=1, color="0.2", linewidth=0.8)
axes[0].set(xlabel=f"latency on {NEW}, ms", ylabel="predicted latency, ms")
axes[0].legend(frameon=False)
ParetoDisplay.from_values(predicted, accuracy, x_name="predicted latency, ms", ax=axes[1])
axes[1].set(ylim=(80, 95))
figure.savefig("latency.png", dpi=120)
print("picture: latency.png")
