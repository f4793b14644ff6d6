# SPDX-License-Identifier: Apache-2.0
#
# How the benches that are scripts print figures: medians with their spread, in aligned columns.

from statistics import median


def spread(numbers, digits):
    """'median (min–max)'."""
    text = f"{median(numbers):.{digits}f}"
    if len(numbers) > 1:
        text += f" ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"
    return text


def table(rows):
    """Rows of cells as aligned lines; the first column to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for number, row in enumerate(rows):
        cells = [row[0].ljust(widths[0])] + [cell.rjust(w) for cell, w in zip(row[1:], widths[1:])]
        lines.append("  ".join(cells).rstrip())
        if number == 0:
            lines.append("-" * len(lines[0]))
    return "\n".join(lines)
