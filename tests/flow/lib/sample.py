# SPDX-License-Identifier: Apache-2.0
"""sample: what measured times say."""
import math
import statistics


def welch(a, b):
    """Welch's t of two samples, the slowest tenth of each left out."""
    a, b = (sorted(times)[:len(times) * 9 // 10] for times in (a, b))
    return (statistics.mean(a) - statistics.mean(b)) / math.sqrt(statistics.variance(a) / len(a) + statistics.variance(b) / len(b))
