# Copyright (c) 2026, the sailpoint.isc contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A headless browser as a test wants it: a page at a width and colour scheme, what it asks for and complains of."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

ARGUMENTS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
# Texts whose contrast against what is behind them is lower than 4.5, the least of WCAG 2.2, level AA.
FAINT_TEXTS = """
const channels = (color) => color.match(/[\\d.]+/g).map(Number);
const luminance = (color) => {
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = channels(color).map((c) => linear(c / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const color = getComputedStyle(e).backgroundColor, parts = channels(color);
    if (parts.length < 4 || parts[3] === 1) return color;
  }
  return "rgb(255, 255, 255)";
};
const faint = [];
for (const element of document.body.querySelectorAll("*:not(svg *)")) {
  const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join("");
  if (!text) continue;
  const levels = [luminance(getComputedStyle(element).color), luminance(behind(element))].sort((a, b) => b - a);
  const contrast = (levels[0] + 0.05) / (levels[1] + 0.05);
  if (contrast < 4.5) faint.push(text + ": " + contrast.toFixed(2));
}
return faint;
"""
# Boxes that end to the right of the page, or hold more than they have room for.
SPILLED = """
const width = document.documentElement.clientWidth;
return [...document.body.querySelectorAll("*:not(svg *):not(.hidden)")]
  .filter((e) => getComputedStyle(e).clipPath === "none" && !e.closest("thead"))
  .filter((e) => e.getBoundingClientRect().right > width + 1 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
  .map((e) => e.outerHTML.slice(0, 200));
"""


class Browser:
    """Opens one page after the other."""

    def __init__(self, binary: str, driver: str, profile: Path) -> None:
        options = webdriver.ChromeOptions()
        options.binary_location = binary
        for argument in (*ARGUMENTS, f"--user-data-dir={profile}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        # Chrome keeps a socket there, whose path may have 107 bytes: the checkout may lie too deep for that.
        service = Service(driver, env={**os.environ, "TMPDIR": "/tmp"})
        self._driver = webdriver.Chrome(service=service, options=options)

    def quit(self) -> None:
        self._driver.quit()

    def open(
        self,
        page: Path,
        *,
        width: int = 1280,
        scheme: str = "light",
        media: str = "screen",
        zone: str = "UTC",
        scripts: bool = True,
        fragment: str = "",
    ) -> None:
        """Show a page; what earlier pages did is forgotten. scripts: whether those of the page run."""
        self._devtools("Emulation.setTimezoneOverride", {"timezoneId": zone})
        self._devtools("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self._devtools("Emulation.setEmulatedMedia", {"media": media, "features": features})
        metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)
        self._driver.get("about:blank")
        for log in ("browser", "performance"):
            self._log(log)
        self._driver.get(page.as_uri() + fragment)

    def requests(self) -> list[str]:
        """The addresses that the page has asked for since it was opened, itself included; call it once."""
        messages = [json.loads(entry["message"])["message"] for entry in self._log("performance")]
        sent = [message["params"] for message in messages if message["method"] == "Network.requestWillBeSent"]
        return [request["request"]["url"] for request in sent]

    def complaints(self) -> list[str]:
        """What the console has shown since the page was opened; call it once."""
        return [entry["message"] for entry in self._log("browser")]

    def all(self, selector: str) -> list[WebElement]:
        """The elements that a CSS selector finds."""
        return self._driver.find_elements(By.CSS_SELECTOR, selector)

    def texts(self, selector: str) -> list[str]:
        """The texts of these elements, also of those that are not displayed, with single blanks."""
        return [" ".join(str(element.get_property("textContent")).split()) for element in self.all(selector)]

    def title(self) -> str:
        return self._driver.title

    def unfold(self) -> None:
        """Open all that is folded."""
        self.script("for (const fold of document.querySelectorAll('details')) fold.open = true;")

    def script(self, source: str) -> Any:
        """What a script returns that runs in the page."""
        return self._driver.execute_script(source)

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self._devtools("Page.printToPDF", {"preferCSSPageSize": True})["data"])

    def _devtools(self, command: str, arguments: Mapping[str, Any]) -> Any:
        return self._driver.execute_cdp_cmd(command, dict(arguments))

    def _log(self, name: str) -> list[dict[str, Any]]:
        """What has been logged since it was asked for last."""
        entries: list[dict[str, Any]] = self._driver.get_log(name)  # type: ignore[no-untyped-call]
        return entries
