import gzip
import json

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from tagates_sk.datasets import load_darts
from tagates_sk.spaces import DARTS

NORMAL = "5:0;7:1;2:1;7:0;2:2;6:3;4:2;4:0"
REDUCE = "5:1;1:0;1:0;1:1;6:1;6:0;2:0;4:4"
HEADER = "id,normal,reduce,flops_m,valid_acc_ep50,note"
ROWS = [f"000-00,{NORMAL},{REDUCE},536.5,92.04,a", f"000-01,{REDUCE},{NORMAL},,92.42,b"]


def write(path, header=HEADER, rows=ROWS):
    with gzip.open(path, "wt") as stream:
        stream.write("\n".join([header, *rows]) + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "darts_oncenas545.csv.gz")
    return tmp_path


def test_bunch(folder):
    data = load_darts(folder)
    assert_array_equal(data.target, [92.04, 92.42])
    assert data.target_names == ["valid_acc_ep50"]
    assert list(data.columns) == ["flops_m", "valid_acc_ep50"]
    assert_array_equal(data.columns["flops_m"], [536.5, np.nan])
    assert "Read: 2 architectures from darts_oncenas545.csv.gz, a compact table" in data.DESCR
    assert "the target is valid_acc_ep50" in data.DESCR
    assert "OnceNAS" in data.DESCR
    first, second = data.dags.native()
    assert first.normal[:2] == [("sep_conv_5x5", 0), ("dil_conv_5x5", 1)]
    assert (second.normal, second.reduce) == (first.reduce, first.normal)
    assert data.dags.space == DARTS()


def test_file_target_and_X_y(folder):
    X, y = load_darts(folder / "darts_oncenas545.csv.gz", target="flops_m", return_X_y=True)
    assert len(X) == 2
    assert_array_equal(y, [536.5, np.nan])


@pytest.mark.parametrize(
    ("subset", "file", "target"),
    [
        ("swap1000", "darts_swap1000.csv.gz", "valid_acc_200"),
        ("nb301_surrogate", "darts_nb301_surrogate_zerocost.csv.gz", "surrogate_val_acc_98"),
    ],
)
def test_subsets(tmp_path, subset, file, target):
    # Two edges of one node from the same predecessor, as this file has them.
    cell = "0:0;7:0;5:0;4:1;4:1;7:2;5:3;3:4"
    write(tmp_path / file, f"index,normal,reduce,{target}", [f"0,{cell},{cell},85.0"])
    data = load_darts(str(tmp_path), subset)
    assert data.target_names == [target]
    assert data.target.tolist() == [85.0]
    assert data.dags[0][0].number_of_edges(0, 2) == 2


def test_unknown_subset(folder):
    with pytest.raises(ValueError, match="subset='all' is not known; the subsets are oncenas545"):
        load_darts(folder, "all")


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"darts_swap1000.csv.gz is not there. Pass the"):
        load_darts(tmp_path, "swap1000")


def test_unknown_target(folder):
    with pytest.raises(
        ValueError, match=r"target='note' is no numeric column of .*; there are flo"
    ):
        load_darts(folder, target="note")


def test_other_columns(tmp_path):
    with pytest.raises(ValueError, match="has a, b; a column of printed genotypes, Genotype"):
        load_darts(write(tmp_path / "x.csv.gz", "a,b", ["1,2"]), target="a")
    with pytest.raises(ValueError, match="has no rows; architectures and their numbers"):
        load_darts(write(tmp_path / "y.csv.gz", rows=[]))


def test_files_that_are_no_whole_table(tmp_path):
    file = write(tmp_path / "x.csv.gz")
    whole = file.read_bytes()
    wrong = r"x\.csv\.gz is not whole, or no text: "
    for content in (
        whole[: len(whole) // 2],
        whole[:30] + b"\xff" * 8 + whole[38:],
        gzip.compress(b"\xff\xfe\x00"),
    ):
        file.write_bytes(content)
        with pytest.raises(ValueError, match=wrong):
            load_darts(file)


@pytest.mark.parametrize(("row", "how"), [("1,5:0", "fewer"), (ROWS[1] + ",1,2", "more")])
def test_rows_of_another_length(tmp_path, row, how):
    file = write(tmp_path / "x.csv.gz", rows=[ROWS[0], row])
    with pytest.raises(ValueError, match=rf"x\.csv\.gz, row 1: it has {how} fields than .*\(6\)"):
        load_darts(file)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            NORMAL.replace("7:1", "8:1"),
            r"row 1: genotype.normal\[1\] has the operation 8;",
        ),
        (NORMAL.replace("7:1", "7"), "row 1: '7' is no edge"),
        (NORMAL.replace("7:1", "7:2"), r"row 1: genotype.normal\[1\] belongs to node 2"),
        ("5:0", "row 1: genotype.normal is"),
    ],
)
def test_broken_cells(tmp_path, cell, message):
    file = write(tmp_path / "x.csv.gz", rows=[ROWS[0], f"1,{cell},{REDUCE},1,1,c"])
    with pytest.raises(ValueError, match=message):
        load_darts(file)


# ------------------------------------------------------- files as they are published

GENOTYPES = [str(genotype) for genotype in DARTS().sample(3, random_state=0).native()]
PRINTED = "".join(f'"{genotype}",{80 + k}.5\n' for k, genotype in enumerate(GENOTYPES))


def test_the_table_of_swap(tmp_path):
    """It has no names of columns."""
    (tmp_path / "DARTS_archs_CIFAR10.csv").write_text(PRINTED)
    for data in (
        load_darts(tmp_path / "DARTS_archs_CIFAR10.csv"),
        load_darts(tmp_path, "swap1000"),
    ):
        assert list(map(str, data.dags.native())) == GENOTYPES
        assert_array_equal(data.target, [80.5, 81.5, 82.5])
        assert data.target_names == ["valid_acc_200"]
        assert "Read: 3 architectures from DARTS_archs_CIFAR10.csv, a table with " in data.DESCR
        assert "printed genotypes in column0" in data.DESCR
        assert "github.com/pym1024/SWAP" in data.DESCR


def test_the_table_of_oncenas(tmp_path):
    """Times and weights are no numbers; a genotype has a range."""
    file = tmp_path / "anything.csv"
    text = GENOTYPES[0].replace("[2, 3, 4, 5]", "range(2, 6)")
    file.write_text(f'weights_index,architecture,flop,train_time50,valid_acc50\n'
                    f'000-00,"{text}",536.5,1:44:56,92.04\n')  # fmt: skip
    data = load_darts(file)
    assert list(data.columns) == ["flop", "valid_acc50"]
    assert data.target_names == ["valid_acc50"]
    assert str(data.dags.native()[0]) == GENOTYPES[0]
    assert "OnceNAS" in data.DESCR


def test_the_scores_of_naslib(tmp_path):
    """Operations are numbered without none."""
    cell = "((0, 3), (1, 0), (0, 6), (2, 4), (1, 1), (0, 2), (3, 5), (4, 3))"
    record = {"val_accuracy": 93.3, "snip": {"score": 1.5, "time": 0.1}, "nwot": {"score": None}}
    content = {"cifar10": {f"({cell}, {cell})": record}}
    (tmp_path / "zc_nasbench301.json").write_text(json.dumps(content))
    data = load_darts(tmp_path, "nb301_surrogate")
    assert data.target.tolist() == [93.3]
    assert data.columns["snip"].tolist() == [1.5]
    assert list(data.columns) == ["val_accuracy", "snip"]
    assert data.dags.native()[0].normal[:2] == [("sep_conv_3x3", 0), ("max_pool_3x3", 1)]
    assert "NAS-Bench-301 surrogate, not a measurement" in data.DESCR


def test_a_table_of_the_users(tmp_path):
    file = tmp_path / "mine.csv"
    file.write_text(PRINTED)
    data = load_darts(file)
    assert data.target_names == ["column1"]
    assert "A table of the user's; its source is not known" in data.DESCR
    file.write_text(f'arch,a,b\n"{GENOTYPES[0]}",1,2\n')
    with pytest.raises(ValueError, match=r"target=None is no numeric column .*there are a, b"):
        load_darts(file)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (PRINTED + '"Genotype(normal=3)",5\n', "row 3: .* is no architecture of DARTS: a genotype"),
        (PRINTED.replace("conv", "cnov", 1), r"row 0: genotype.normal\[.\] has the operation"),
        ("{}", "is no JSON of zero-cost scores"),
        ('{"cifar10": [1]}', "is no JSON of zero-cost scores"),
        ('{"cifar10": {}}', "has no architectures"),
        ('{"cifar10": {"(1, 2)": {"val_accuracy": 1}}}', "row 0: .* is no architecture of DARTS"),
        ("", "has no rows"),
    ],
)
def test_files_that_are_refused(tmp_path, text, message):
    file = tmp_path / "x.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=message) as refused:
        load_darts(file)
    assert len(str(refused.value).replace(str(file), "x.csv")) <= 300


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.csv is not there"):
        load_darts(tmp_path / "none.csv")
