"""The page of ranked cells in headless Chromium, by mouse and by keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .pages import hostile_page, page

webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
By = pytest.importorskip("selenium.webdriver.common.by").By
Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="chromium or chromedriver is not on the PATH"
    ),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # selenium leaves pipes open
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=DRIVER)
    chromium = webdriver.Chrome(options=options, service=service)
    yield chromium
    chromium.quit()


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Any:
    browser.set_window_size(1200, 900)
    browser.get(page(tmp_path).as_uri())
    return browser


def names(browser: Any) -> list[str]:
    """Of the rows that are shown, from top to bottom."""
    return [th.text for th in browser.find_elements(By.CSS_SELECTOR, "tbody th") if th.text]


def press(browser: Any, *keys: str) -> None:
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def test_sorts_by_mouse(opened: Any) -> None:
    assert names(opened) == ["a", "b", "c10", "d"]
    rank, name, score, accuracy = opened.find_elements(By.CSS_SELECTOR, ".sort")
    for button, expected, order in [
        (name, "a b c10 d", "ascending"), (name, "d c10 b a", "descending"),
        (score, "a b c10 d", "descending"), (score, "d c10 b a", "ascending"),
        # Numbers as numbers, and what is missing last both times.
        (accuracy, "b c10 a d", "descending"), (accuracy, "a c10 b d", "ascending"),
        (rank, "a b c10 d", "ascending"),
    ]:  # fmt: skip
        button.click()
        assert names(opened) == expected.split()
        heads = opened.find_elements(By.CSS_SELECTOR, "th[aria-sort]:not([aria-sort=none])")
        assert [head.get_attribute("aria-sort") for head in heads] == [order]


def test_searches(opened: Any) -> None:
    field = opened.find_element(By.ID, "search")
    shown = opened.find_element(By.ID, "shown")
    for text, expected in [("CONV", "a b"), ("conv pool", "b"), ("nothing", ""), ("c10", "c10")]:
        field.clear()
        field.send_keys(text)
        assert names(opened) == expected.split()
        assert shown.text == f"{len(expected.split())} of 4 shown"


def test_everything_by_keyboard(opened: Any) -> None:
    """Search, sort, enlarge, go on, close: focus is visible and never lost."""
    focused = lambda: opened.switch_to.active_element  # noqa: E731
    order = []
    for _ in range(8):
        press(opened, Keys.TAB)
        element = focused()
        outline = element.value_of_css_property("outline-style")
        width = element.value_of_css_property("outline-width")
        assert (outline, width) == ("solid", "3px")
        order.append(element.get_attribute("id") or element.get_attribute("class"))
    assert order == ["search", "table", *["sort"] * 4, "draw", "draw"]
    assert focused().get_attribute("aria-label") == "Enlarge b"
    press(opened, Keys.ENTER)
    dialog = opened.find_element(By.TAG_NAME, "dialog")
    heading = dialog.find_element(By.TAG_NAME, "h2")
    assert dialog.is_displayed()
    assert heading.text == "b: rank 2, score 0.5"
    press(opened, Keys.ARROW_RIGHT)
    assert heading.text == "c10: rank 3, score 0.125"
    press(opened, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT)
    assert heading.text == "d: rank 4, score -1"
    assert not dialog.find_element(By.CSS_SELECTOR, "[data-step='1']").is_enabled()
    assert opened.execute_script("return arguments[0].contains(document.activeElement)", dialog)
    press(opened, Keys.ESCAPE)
    assert not dialog.is_displayed()
    assert focused().get_attribute("aria-label") == "Enlarge d"


def test_enlarges_by_mouse(opened: Any) -> None:
    small = opened.find_element(By.CSS_SELECTOR, ".draw svg")
    small.click()
    large = opened.find_element(By.CSS_SELECTOR, "dialog svg")
    assert large.size["height"] > 1.2 * small.size["height"]
    opened.find_element(By.CSS_SELECTOR, "dialog [value=close]").click()
    assert not opened.find_element(By.TAG_NAME, "dialog").is_displayed()


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_overflows(opened: Any, width: int) -> None:
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    opened.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert opened.execute_script("return document.documentElement.scrollWidth") <= width
        texts = "return Array.from(document.querySelectorAll('.operation')).map((g) => "
        inside = "g.querySelector('text').getBBox().width < g.querySelector('rect').getBBox().width"
        fits = opened.execute_script(f"{texts} {inside})")
        assert len(fits) == 6
        assert all(fits)
    finally:
        opened.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_follows_light_and_dark(opened: Any) -> None:
    computed = "return getComputedStyle(document.querySelector(arguments[0]))[arguments[1]]"
    colors = []
    for scheme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        opened.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        ink = opened.execute_script(computed, "body", "color")
        assert opened.execute_script(computed, ".cell path", "stroke") == ink
        colors += [ink, opened.execute_script(computed, "body", "backgroundColor")]
    assert colors == [
        "rgb(34, 34, 34)", "rgb(255, 255, 255)", "rgb(232, 232, 232)", "rgb(23, 25, 28)"
    ]  # fmt: skip


def test_no_name_runs_as_a_script(browser: Any, tmp_path: Path) -> None:
    browser.get(hostile_page(tmp_path).as_uri())
    browser.find_element(By.CSS_SELECTOR, ".draw").click()
    press(browser, Keys.ARROW_RIGHT, Keys.ESCAPE)
    for button in browser.find_elements(By.CSS_SELECTOR, ".sort"):
        button.click()
    browser.find_element(By.ID, "search").send_keys("<img")
    assert browser.execute_script("return typeof window.broken") == "undefined"
    assert browser.find_elements(By.TAG_NAME, "img") == []
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_a_script_from_elsewhere_does_not_run(opened: Any) -> None:
    opened.execute_script(
        "const s = document.createElement('script'); s.textContent = 'window.broken = 1';"
        "document.body.append(s);"
    )
    assert opened.execute_script("return typeof window.broken") == "undefined"
    assert "Content Security Policy" in opened.get_log("browser")[-1]["message"]
