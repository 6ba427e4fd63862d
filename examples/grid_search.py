"""
Choose T and s by cross-validation
==================================

The estimators are scikit-learn's: a grid search over the number of time steps
T and the update scale s needs nothing special. They are the encoder's, which
is searched without the other members of the blend. The folds are fitted in
parallel processes, each with its share of the threads.
"""

# %%
# 156 measured cells, ranked by three-fold cross-validation.

import numpy as np
from sklearn.model_selection import GridSearchCV

from tagates_sk import TAGATESRanker
from tagates_sk.datasets import load_nasbench201

nb201 = load_nasbench201(target="cifar100")
measured = np.random.RandomState(1).permutation(nb201.train_indices)[:156]

search = GridSearchCV(
    TAGATESRanker(members="encoder", max_iter=60, random_state=0),
    {"T": [1, 2, 3], "s": [0.03, 0.1, 0.3]},
    cv=3,
    n_jobs=2,
    verbose=1,
)
search.fit(nb201.dags[measured], nb201.target[measured])

# %%
# Kendall's tau is the estimator's own score.

print("  T     s   tau (mean ± sd over folds)")
results = search.cv_results_
for i in np.argsort(results["rank_test_score"]):
    params = results["params"][i]
    mean, spread = results["mean_test_score"][i], results["std_test_score"][i]
    print(f"{params['T']:3d}  {params['s']:4.2f}   {mean:.3f} ± {spread:.3f}")

tau = search.score(nb201.dags[nb201.test_indices], nb201.target[nb201.test_indices])
print(
    f"\nbest: {search.best_params_}; tau on the {len(nb201.test_indices):,} test cells: {tau:.3f}"
)
