"""Specs that the command tests use: one that trains in a moment, one with two mistakes."""

TINY = """\
dd 1

# Nine closed-form cells.
experiment tiny {
  dataset:      linear_gaussian(features: 6, samples: n, noise_std: 0.5, test: 20)
  architecture: linear()
  train:        least_squares()

  sweep {
    n    in {4, 8, 16} samples
    seed in 0..<3
  }
}
"""
WRONG = TINY.replace("least_squares()", "least_square()").replace(
    "linear_gaussian", "linear_gausian"
)
