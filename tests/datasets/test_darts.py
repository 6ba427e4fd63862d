import gzip

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
    with pytest.raises(ValueError, match="has a, b; rows with columns normal and reduce"):
        load_darts(write(tmp_path / "x.csv.gz", "a,b", ["1,2"]))
    with pytest.raises(ValueError, match="has no rows; rows with columns normal and reduce"):
        load_darts(write(tmp_path / "y.csv.gz", rows=[]))


def test_files_that_are_no_whole_table(tmp_path):
    file = write(tmp_path / "x.csv.gz")
    whole = file.read_bytes()
    wrong = r"x\.csv\.gz is not a whole CSV file under gzip: "
    for content in (
        gzip.decompress(whole),
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
        (NORMAL.replace("7:1", "8:1"), "row 1: '8:1' is no edge; operation:predecessor"),
        (NORMAL.replace("7:1", "7"), "row 1: '7' is no edge"),
        (NORMAL.replace("7:1", "7:2"), r"row 1: genotype.normal\[1\] belongs to node 2"),
        ("5:0", "row 1: genotype.normal is"),
    ],
)
def test_broken_cells(tmp_path, cell, message):
    file = write(tmp_path / "x.csv.gz", rows=[ROWS[0], f"1,{cell},{REDUCE},1,1,c"])
    with pytest.raises(ValueError, match=message):
        load_darts(file)
