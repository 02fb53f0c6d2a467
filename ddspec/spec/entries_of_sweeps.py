"""Entries of the catalogue about compositions, tuning, axes and findings."""

TEXT = """\
DD401 A term twice at one place
`l2(a) + l2(b)` could mean the sum, a comparison or a slip.
wrong: l2(1e-4) + l2(1e-3)
right: l2(1e-4) | l2(1e-3)
DD402 A regularizer that cannot act
Dropout and batch norm need trained hidden units and training steps.
wrong: dropout(20%) on a linear model
right: l2(1e-3) on a linear model
DD403 A factor on something that is no penalty
Only terms added to the loss can be scaled.
wrong: 0.5 * dropout(50%)
right: dropout(25%)
DD404 Tuning without validation samples
`tune` chooses by the risk on samples held out of training.
wrong: mnist1d(samples: 100) with tune
right: mnist1d(samples: 100, validation: 500)
DD405 Tuning by something that cannot select
Test data select nothing: a choice made on them would make the reported risk too small.
wrong: tune(grid, minimise: test_loss)
right: tune(grid, minimise: validation_loss)
DD406 A penalty without a closed form
Least squares solves for the squared error and l2.
wrong: l1(1e-3) with least_squares()
right: l2(1e-3) with least_squares()
DD407 The algebra of regularizers, misused
`subsets` and its kin take one composition of terms; a question is about one composition.
wrong: subsets()
right: subsets(decay + drop)
DD408 Rounds of tuning that cannot be made
Halving tries candidates in shorter runs first, and `select_on` at some seeds first: all that is
tuned goes through the same rounds, and every cell can be trained by itself.
wrong: l2(tune(grid, minimise: validation_loss, halving: 3)) with least_squares()
right: l2(tune(grid, minimise: validation_loss)) with least_squares()
DD409 A regularizer that the data cannot serve
Labels are smoothed where there are classes, images are moved where there are images, inputs get
noise where they are numbers, and early stopping looks at samples held out of training.
wrong: label_smoothing(10%) on linear_gaussian(samples: 40, features: 9)
right: target_noise(0.1) on linear_gaussian(samples: 40, features: 9)
DD410 Tuned on the seeds that are reported
A warning: what did best on some seeds is a little better there than on others, so that bands and
verdicts from the same seeds are a little too good.
wrong: tune(grid, minimise: validation_loss, across: seed) with monotone(test_loss, along: width)
right: tune(grid, minimise: validation_loss, across: seed, select_on: {0, 1})
DD501 An axis that changes nothing
All its values would describe the same cell: the curve along it would be flat by construction.
wrong: width in {4, 16} with hidden: [64]
right: width in {4, 16} with hidden: [width]
DD502 A log axis that does not start above 0
The logarithm of 0 is minus infinity.
wrong: width in log 0..256 points 25
right: width in {0} | log 1..256 points 25
DD503 An axis declared twice
A sweep is a product of its axes.
wrong: n in {1_000} and n in {2_000}
right: n in {1_000, 2_000}
DD504 A trajectory axis out of order
Epochs and steps are read off one run as it passes each point.
wrong: epochs in {1, 100, 10}
right: epochs in {1, 10, 100}
DD505 Paired axes of different lengths
`zip` runs its axes in step.
wrong: zip of {0.1, 0.2} and {32, 64, 128}
right: zip of {0.1, 0.2} and {32, 64}
DD506 A point after the end of training
It would never be reached.
wrong: epochs in {1, 1_000} with for: 100 epochs
right: epochs in {1, 100}
DD507 Training time for a solved model
A closed form has no epochs and no steps.
wrong: epochs in {1, 10} with least_squares()
right: no epochs axis
DD508 A range that cannot be counted out
The smaller end comes first, steps are positive, a log range says its number of points.
wrong: width in 64..4
right: width in 4..64
DD509 Random streams set twice
`seed` sets the streams of data, init and order together; its parts set them apart.
wrong: seed in 0..<5 and seed.init in 0..<3
right: seed.data in 0..<5 and seed.init in 0..<3
DD510 Reading off a run whose schedule looks ahead
Under such a schedule the first 10 epochs of a run of 100 are not a run of 10.
wrong: epochs in {10, 100} under cosine(0.1)
right: epochs in restart({10, 100})
DD511 Points that coincide
A warning: after rounding to whole numbers several points of a log range are the same and count
once.
wrong: width in log 1..256 points 25
right: width in log 1..256 points 9
DD512 Something that depends on a trajectory axis
Its points are passed by one run, so no setting can differ between them.
wrong: momentum: 1 - 1 / epochs
right: epochs in restart({1, 10})
DD513 A fixed number that depends on an axis
Points of axes, ends of ranges, steps and counts are the same for the whole experiment.
wrong: n in {10 * width}
right: n in {1_000, 4_000}
DD514 An axis read where it does not exist
An axis under `when` exists only in the cells its condition holds for.
wrong: l1(rate) in cells without batch_norm
right: if reg has batch_norm then reg + l1(rate) else reg
DD515 A filter that leaves nothing
No cell passes it.
wrong: where width > 64 with width in {4, 64}
right: where width > 4
DD516 A name that every result uses
The risks, status, parameters, seconds and stop_epoch are variables of every result.
wrong: measure { train_loss: weight_norm() }
right: measure { norm: weight_norm() }
DD517 Training time on two axes
Epochs and steps count the same time.
wrong: epochs in {1} and steps in {100}
right: epochs in {1}
DD518 Halving where training time is studied
A warning: halving stops candidates that are worse at first, and so exactly the curves that are not
monotone, such as those with a second descent along epochs.
wrong: tune(grid, minimise: validation_error, halving: 3) with epochs in {1, 10, 100}
right: tune(grid, minimise: validation_error)
DD519 More than can be planned
A grid has at most ten million points, and what reads several axes together at most a million:
a few words can ask for more than any machine trains.
wrong: a in 1..50_000 and b in 1..50_000, read together
right: a in log 1..50_000 points 20 and b in log 1..50_000 points 20
DD520 A grid beside the interpolation threshold
A warning: the peak of double descent lies where the training set is just fitted, for a closed form
at as many parameters as samples, for a network up to that times its outputs. Here every cell is on
the same side of it.
wrong: p in 5..30 by 5 with linear(features: p) on 40 samples
right: p in 10..100 by 10 with linear(features: p) on 40 samples
DD521 Readings too far apart
A warning: a report asks for the curve along training time, and a reading comes more than four
times as late as the one before. Readings are taken off one run and cost next to nothing.
wrong: epochs in {1, 10, 100} with argmax(test_error, along: epochs)
right: epochs in log 1..100 points 20 with argmax(test_error, along: epochs)
DD601 An axis the experiment does not have
Reports and `tune` name axes of their experiment.
wrong: argmax(test_error, along: wdth)
right: argmax(test_error, along: width)
DD602 A quantity the experiment does not record
Recorded are the losses, the errors where there are classes, the validation risks where samples
are held out, and the measures.
wrong: argmax(tset_error, along: width)
right: argmax(test_error, along: width)
DD603 A measure or report that depends on an axis
It is the same for the whole experiment.
wrong: norm: if width > 4 then ... else ...
right: norm: weight_norm()
DD604 Chains along two axes
Cells that start from trained weights do so along one axis of an experiment.
wrong: start in {weight_reuse(over: width), weight_reuse(over: samples)}
right: start in {none, weight_reuse(over: width)}
DD605 A measure that cannot be taken
A measure may need classes, trained weights, a network to differentiate, or samples that are held
out; one that compares cells needs an axis of seeds along which all are asked about the same
samples.
wrong: ece() of a regression
right: ece() of classes
DD606 Arrays that do not fit
A measure that records an array a cell needs as many samples in every cell, and room in the result.
wrong: predictions(of: train, samples: 1_000) with 500 training samples
right: predictions(of: train, samples: 500)
DD607 A theory that depends on a seed
A theory gives expected values, over all seeds. It may depend on every axis that is not averaged
over; a number that is tuned is taken from the experiment, it cannot be tuned in the theory.
wrong: exact: ridgeless(samples: 40 + seed)
right: exact: ridgeless(samples: n)
DD608 A theory that does not know a number
Arguments of a theory that are not written are taken from the experiment, where its dataset,
architecture, regularizer and training say them.
wrong: exact: ridgeless() beside `dataset: mnist1d(...)`
right: exact: ridgeless(samples: n, features: p, signal: 1, noise_variance: 0.25)
DD609 A theory of something else
A theory holds for some data, functions and trainings; beside others its curve is a comparison.
wrong: exact: ridgeless(...) beside `architecture: mlp(...)`
right: exact: ridgeless() beside `architecture: linear()`
DD610 A theory with other numbers
An argument of a theory differs from what the experiment is run with.
wrong: exact: ridgeless(samples: 50) beside `linear_gaussian(samples: 40, ...)`
right: exact: ridgeless() beside `linear_gaussian(samples: 40, ...)`
DD611 A theory of what cannot be
Each of the values may be right; together they contradict one another.
wrong: belkin_hsu_xu(features: 120, inputs: 100)
right: belkin_hsu_xu(features: 80, inputs: 100)
DD612 Weights that mean something else in the next network
Under `ntk` and `mup` a weight is multiplied by what depends on the width; one that was trained at
another width is another function there.
wrong: start: weight_reuse(over: width) with mlp(hidden: [width], parametrization: mup)
right: start: weight_reuse(over: width) with mlp(hidden: [width])
DD613 Too few seeds for what is asked
A warning: bands and verdicts come from the spread over seeds; three are the fewest that show one,
and a rise is told from chance at 5 % by five.
wrong: monotone(test_error, along: width) with seed in 0..<2
right: monotone(test_error, along: width) with seed in 0..<5
"""
