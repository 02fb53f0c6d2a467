"""The page in a real browser: nothing fails, nothing is fetched, everything is seen."""

import json
import shutil

import pytest

from tests.page.made import EVIL, dataset, page

CHROMIUM, DRIVER = (shutil.which(name) for name in ("chromium", "chromedriver"))
pytestmark = pytest.mark.skipif(
    not (CHROMIUM and DRIVER), reason="needs chromium and chromedriver (apt: chromium-driver)"
)
DESKTOP, PHONE = 1100, 390  # pixels


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for word in ("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage"):
        options.add_argument(f"--{word}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(DRIVER))
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(dataset()), encoding="utf-8")
    driver.get(path.as_uri())
    yield driver
    driver.quit()


def wide(browser, width):
    """Show the page on a screen of so many pixels."""
    size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width == PHONE}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def all_of(browser, selector):
    return browser.find_elements("css selector", selector)


def test_nothing_fails_and_nothing_is_fetched(browser):
    events = [json.loads(each["message"])["message"] for each in browser.get_log("performance")]
    asked = [
        each["params"]["request"]["url"]
        for each in events
        if each["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in asked if not url.startswith("data:")] == [browser.current_url]
    assert browser.get_log("browser") == []


def test_a_label_with_a_script_is_not_run(browser):
    assert browser.title == "made by hand"
    assert EVIL in browser.find_element("css selector", ".verdicts").text


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_page_is_as_wide_as_its_screen(browser, width):
    wide(browser, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    (chart,) = all_of(browser, ".chart svg")
    assert chart.size["width"] > 0.8 * width


def test_a_value_is_read_where_one_points(browser):
    from selenium.webdriver.common.action_chains import ActionChains

    wide(browser, DESKTOP)
    point = all_of(browser, ".chart svg circle")[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", point)
    ActionChains(browser).move_to_element(point).perform()
    text = browser.find_element("css selector", ".chart .value").text
    assert text == "none, width 2: 48.26 % ± 1.00 % (standard error)"


def test_lines_are_hidden_and_quantities_chosen(browser):
    from selenium.webdriver.support.select import Select

    count = len(all_of(browser, ".chart svg polyline"))
    browser.execute_script("document.querySelector('.legend button').click()")
    assert len(all_of(browser, ".chart svg polyline")) == count - 1 == 1
    show = Select(all_of(browser, ".chart select")[0])
    show.select_by_visible_text("train error")
    assert Select(all_of(browser, ".chart select")[0]).first_selected_option.text == "train error"


def test_the_page_prints(browser):
    pdf = browser.print_page()
    assert len(pdf) > 10_000
