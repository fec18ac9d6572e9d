"""What a forecaster does to numbers before and after the network: scaling, segments, losses.

Glossary
    B  batch     T  time steps of the window     H  time steps of the forecast     C  channels     Q  quantiles
    S  time steps of a segment     N  segments of the window     F  time features
    z  (B, T, C)  values after the logarithm, the mean and the scale of the training data
    loc, scale  (B, 1, C)  what normalises a window: y = (z - loc) / scale
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from .configuration_rnn_time_series import RNNTimeSeriesConfig

# Keeps the scale of a constant window above 0 (Kim et al. 2022, "RevIN").
EPSILON = 1e-5


class Units:
    """From the units of the input to those of the network, z, and back."""

    def __init__(self, config: RNNTimeSeriesConfig):
        self.log, self.mean, self.scale = config.value_log, config.value_mean, config.value_scale

    def into(self, values: Tensor) -> Tensor:
        """values (..., C) -> z, in float32 or better. With a logarithm a value that is not positive gives NaN."""
        z = values.to(torch.promote_types(values.dtype, torch.float32))
        z = z.log() if self.log else z
        z = z if self.mean is None else z - z.new_tensor(self.mean)
        return z if self.scale is None else z / z.new_tensor(self.scale)

    def back(self, z: Tensor, parts: int = 0) -> Tensor:
        """z (..., C), or (..., C, parts), -> values."""
        shape = (-1, 1) if parts else (-1,)
        z = z if self.scale is None else z * z.new_tensor(self.scale).view(shape)
        z = z if self.mean is None else z + z.new_tensor(self.mean).view(shape)
        return z.exp() if self.log else z


def window_scale(z: Tensor, observed: Tensor, scaling: str) -> tuple[Tensor, Tensor]:
    """loc and scale of each window: z and observed (B, T, C) -> (B, 1, C) each; 0 and 1 if nothing is observed."""
    none = z.new_zeros(z.shape[0], 1, z.shape[2])
    if scaling == "none":
        return none, none + 1
    count = observed.sum(1, keepdim=True)
    if scaling == "last":
        steps = torch.arange(z.shape[1], device=z.device).view(1, -1, 1)
        last = torch.where(observed, steps, -1).amax(1, keepdim=True).clamp(min=0)
        return z.gather(1, last), none + 1
    known = z.masked_fill(~observed, 0)
    mean = known.sum(1, keepdim=True) / count.clamp(min=1)
    variance = ((known - mean).masked_fill(~observed, 0) ** 2).sum(1, keepdim=True) / count.clamp(min=1)
    return mean, torch.where(count > 0, (variance + EPSILON).sqrt(), 1)


def segments(x: Tensor, length: int) -> Tensor:
    """x (rows, T, W) -> (rows, N, length * W); if T is no multiple of the length, zeros come before the first step."""
    rows, time, width = x.shape
    x = F.pad(x, (0, 0, -time % length, 0))
    return x.reshape(rows, -1, length * width)


def losses(name: str, predicted: Tensor, target: Tensor, quantiles: Sequence[float]) -> Tensor:
    """The loss of each value: predicted (B, H, C, P) and target (B, H, C) -> (B, H, C).

    The pinball loss is twice the usual one, so that for the median alone it is the absolute error. For Student's t
    distribution P are degrees of freedom, location and scale.
    """
    if name == "student_t":
        freedom, loc, scale = predicted.unbind(-1)
        return -torch.distributions.StudentT(freedom, loc, scale, validate_args=False).log_prob(target)
    error = target.unsqueeze(-1) - predicted
    if name == "quantile":
        levels = error.new_tensor(quantiles)
        return 2 * torch.maximum(levels * error, (levels - 1) * error).mean(-1)
    error = error.squeeze(-1)
    return error.abs() if name == "mae" else error**2


def at_levels(quantile_outputs: Tensor, quantiles: Sequence[float], levels: Tensor) -> Tensor:
    """Values at other levels than the predicted ones: (..., Q) and levels (..., L) -> (..., L).

    Linear between two predicted quantiles; beyond the outer ones the line goes on.
    """
    known = quantile_outputs.new_tensor(quantiles)
    levels = levels.to(known)
    if len(known) == 1:
        return quantile_outputs.expand(levels.shape)
    right = torch.searchsorted(known, levels.contiguous()).clamp(1, len(known) - 1)
    low, high = quantile_outputs.gather(-1, right - 1), quantile_outputs.gather(-1, right)
    return low + (levels - known[right - 1]) / (known[right] - known[right - 1]) * (high - low)
