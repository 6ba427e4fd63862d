"""What holds in every search space."""

import pickle

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from numpy.testing import assert_array_equal

from tagates_sk.graphs import InvalidArchitectureError, read_architectures
from tagates_sk.spaces import ENASMicro, NASBench101

from .helpers import SPACES, as_graphs, same_graph, scrambled, seeds

each_space = pytest.mark.parametrize("space", SPACES, ids=repr)


@each_space
@given(seed=seeds)
def test_round_trip(space, seed):
    (native,) = space.sample(1, seed).native()
    space.validate(native)
    canonical = space.canonical(native)
    assert space.from_dag(space.to_dag(native)) == canonical
    assert space.canonical(canonical) == canonical
    assert space.sequence([native]).native() == [native]


@each_space
@given(seed=seeds)
def test_reading_a_dag_depends_on_neither_names_nor_order(space, seed):
    random = np.random.RandomState(seed)
    dag = space.sample(1, random)[0]
    assert space.from_dag(scrambled(dag, random)) == space.from_dag(dag)


@each_space
@given(seed=seeds)
def test_packed_graphs_are_those_of_the_dags(space, seed):
    sequence = space.sample(5, seed)
    fast, slow = sequence.packed(), read_architectures(list(sequence))
    assert fast.n_cells == slow.n_cells == space.n_cells
    assert len(fast) == len(slow) == 5
    pairs = list(zip(as_graphs(fast), as_graphs(slow), strict=True))
    assert all(same_graph(a, b) for a, b in pairs)


@each_space
@settings(max_examples=10)
@given(seed=seeds)
def test_mutation_gives_another_architecture(space, seed):
    random = np.random.RandomState(seed)
    (native,) = space.sample(1, random).native()
    mutant = space.mutate(native, random)
    space.validate(mutant)
    assert type(mutant) is type(native)
    assert space.canonical(mutant) != space.canonical(native)
    near = space._canonical(space.neighbors(native).table).tolist()
    assert space._canonical(space.sequence([mutant]).table)[0].tolist() in near


@each_space
def test_a_mutated_dag_is_a_dag(space):
    dag = space.sample(1, 0)[0]
    mutant = space.mutate(dag, 1)
    assert type(mutant) is type(dag)
    assert space.from_dag(mutant) != space.from_dag(dag)
    assert space.from_dag(mutant) == space.from_dag(space.mutate(dag, 1))


@each_space
@settings(max_examples=10)
@given(seed=seeds)
def test_neighbors_are_distinct_and_valid(space, seed):
    (native,) = space.sample(1, seed).native()
    near = space.neighbors(native)
    keys = {tuple(key) for key in space._canonical(near.table)}
    assert len(near) == len(keys) > 0
    assert tuple(space._canonical(space.sequence([native]).table)[0]) not in keys
    assert space.sequence(near.native()[:5]).native() == near.native()[:5]
    if not isinstance(space, (NASBench101, ENASMicro)):
        row = space.sequence([native]).table
        assert_array_equal((near.table != row).sum(axis=1), 1)


@each_space
def test_neighbors_of_a_dag_are_those_of_its_native_form(space):
    native = space.canonical(space.sample(1, 3).native()[0])
    assert space.neighbors(space.to_dag(native)).native() == space.neighbors(native).native()


@each_space
def test_samples_follow_the_random_state_alone(space):
    np.random.seed(0)  # noqa: NPY002
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    first, second = space.sample(20, 5), space.sample(20, np.random.RandomState(5))
    assert_array_equal(first.table, second.table)
    assert (first.table != space.sample(20, 6).table).any()
    space.mutate(first[0], 0)
    assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert len(space.sample(0)) == 0


@each_space
def test_a_sequence_is_indexed_like_an_array(space):
    sequence = space.sample(10, 0)
    natives = sequence.native()
    assert len(sequence) == 10
    assert sequence[2:5].native() == natives[2:5]
    assert sequence[[7, 7, 0]].native() == [natives[7], natives[7], natives[0]]
    assert sequence[np.array([9, 1])][[1]].native() == [natives[1]]
    assert sequence[np.arange(10) % 2 == 0].native() == natives[::2]
    assert_array_equal(sequence[[4, 8]].rows, [4, 8])
    assert space.from_dag(sequence[-1]) == space.canonical(natives[-1])
    assert len(list(sequence)) == 10


@each_space
def test_a_sequence_can_be_pickled(space):
    sequence = space.sample(4, 0)[1:]
    again = pickle.loads(pickle.dumps(sequence))
    assert again.native() == sequence.native()
    assert again.space == space
    assert hash(again.space) == hash(space)
    assert repr(again) == f"<SpaceSequence of 3 architectures of {space.name}>"
    assert repr(space).startswith(f"{type(space).__name__}(")


@each_space
def test_an_empty_sequence_has_no_graphs(space):
    empty = space.sequence([])
    assert empty.native() == []
    with pytest.raises(InvalidArchitectureError, match="X is empty"):
        read_architectures(empty)


@each_space
def test_an_invalid_form_in_a_sequence_is_named(space):
    natives = [*space.sample(2, 0).native(), "?"]
    with pytest.raises(InvalidArchitectureError, match="Architecture 2: '\\?' is no"):
        space.sequence(natives)


@each_space
def test_a_negative_sample_is_refused(space):
    with pytest.raises(ValueError, match="n=-1 architectures cannot be drawn"):
        space.sample(-1)


@each_space
def test_another_number_of_graphs_is_refused(space):
    wanted = "one DAG" if space.n_cells == 1 else "a tuple of 2 DAGs"
    dag = nx.DiGraph([(0, 1)])
    with pytest.raises(InvalidArchitectureError, match=f"{wanted}, but 3 graphs was given"):
        space.from_dag((dag, dag, dag))
    with pytest.raises(InvalidArchitectureError, match=f"{wanted}, but a str was given"):
        space.from_dag("dag")


@each_space
def test_a_cyclic_graph_is_refused(space):
    cyclic = nx.DiGraph([(0, 1), (1, 0)], op="conv")
    nx.set_edge_attributes(cyclic, "skip_connect", "op")
    with pytest.raises(InvalidArchitectureError, match="is cyclic"):
        space.from_dag(cyclic if space.n_cells == 1 else (cyclic, cyclic))
