/* Copyright (c) 2026, the sailpoint.isc contributors
   GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
   SPDX-License-Identifier: GPL-3.0-or-later */
/* Beside each time, which is UTC, that of the reader; and a link to what is folded opens it. */
const two = (number) => String(number).padStart(2, "0");
const local = (time) => {
  const at = new Date(time.dateTime), day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const here = `${two(at.getHours())}:${two(at.getMinutes())}`;
  return day === time.dateTime.slice(0, 10) ? here : `${day}\u00a0${here}`;
};
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const times = [...document.querySelectorAll("time")];
if (times.some((time) => new Date(time.dateTime).getTimezoneOffset() !== 0)) {
  for (const time of times) {
    const own = document.createElement("span");
    own.className = "own";
    own.textContent = ` ${local(time)}`;
    time.append(own);
  }
  document.getElementById("zone").textContent = ` In small beside them: ${zone}.`;
}
const unfold = () => {
  const target = document.getElementById(location.hash.slice(1));
  for (let fold = target && target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();
