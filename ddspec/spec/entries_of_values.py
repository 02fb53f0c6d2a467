"""Entries of the catalogue about files, names and values, and what these do to each other."""

TEXT = """\
DD001 A line cannot be read
Something is missing or stands where it cannot: the message says what was expected.
wrong: width in 10..400 by
right: width in 10..400 by 10
DD002 A bracket is never closed
The mark is at the bracket that was opened; the lines after it cannot belong to it.
wrong: hidden: [width
right: hidden: [width]
DD003 A character or a string cannot be used
A statement stands on a line of its own, values are separated by commas, and a string ends on
its line.
wrong: sgd(lr: 0.1; momentum: 0.9)
right: sgd(lr: 0.1, momentum: 0.9)
DD004 A block lacks its brace
What belongs to a block stands between braces.
wrong: train fit
right: train fit {
DD005 A file does not begin with its edition
The edition makes a spec mean the same in years, whatever the language becomes.
wrong: dataset digits = mnist1d(samples: 100)
right: dd 1
DD006 An edition this ddspec does not know
Each version of ddspec says which editions of the language it reads.
wrong: dd 7
right: dd 1
DD007 A statement is nested too deeply
Name parts of it with `let` or a declaration.
wrong: hidden: [((((...width...))))]
right: hidden: [width]
DD008 A logarithm that looks like a log range
`log(` is the logarithm of one number; `log` and a space begin a range in equal ratios.
wrong: width in log(1)..256 points 9
right: width in log 1..256 points 9
DD101 An unknown name
A name is looked up among the parameters of the declaration, the declarations and lets of its
file, the axes of the experiment and the words of the vocabulary.
wrong: dataset digits = mnst1d(samples: 100)
right: dataset digits = mnist1d(samples: 100)
DD102 An unknown argument or setting
`ddspec explain WORD` lists the arguments of a word.
wrong: sgd(lr: 0.1, momentun: 0.9)
right: sgd(lr: 0.1, momentum: 0.9)
DD103 An unknown kind of declaration or block
Declared are datasets, architectures, regularizers, train blocks, optimizers, schedules, losses,
corruptions and experiments; `let` names any other value.
wrong: arhitecture net = mlp(hidden: [64])
right: architecture net = mlp(hidden: [64])
DD104 A name that is taken
Within a file a name stands for one thing; an axis of the name of a declaration would be hidden
by it.
wrong: let width = 64 beside `width in {4, 16}`
right: let largest = 64
DD105 An argument given twice
Which of the two is meant cannot be told.
wrong: sgd(lr: 0.1, lr: 0.2)
right: sgd(lr: 0.1)
DD106 A missing argument or setting
An argument without a default has to be given.
wrong: mnist1d()
right: mnist1d(samples: 100)
DD107 Something declared and never used
A warning: often the trace of a misspelt name or of a setting that was forgotten.
wrong: let rate = 0.1
right: sgd(lr: rate)
DD108 An experiment without a needed setting
An experiment needs a dataset, an architecture and train.
wrong: experiment e { dataset: digits }
right: experiment e { dataset: digits  architecture: net  train: fit }
DD109 A misplaced statement
Axes belong in the sweep of an experiment, declarations outside of experiments.
wrong: experiment e { width in {4, 16} }
right: experiment e { sweep { width in {4, 16} } }
DD110 A setting or block given twice
Which of the two is meant cannot be told; to compare two values make an axis of them.
wrong: train: fit, and again train: least_squares()
right: train: fit
DD111 Files that import each other in a circle
Move what both files need into a third file.
wrong: a.dd uses b.dd, which uses a.dd
right: both use common.dd
DD112 A used file that cannot be read
Read are text files in the folder of the spec or below it, also when symbolic links are followed.
The path is relative to the file that uses it.
wrong: use "lib/digts.dd"
right: use "lib/digits.dd"
DD113 A used file that is not the pinned one
A pin is the sha256 of the file's canonical text and of all it uses; comments and layout do not
enter.
wrong: use "lib.dd" sha256:00000000
right: use "lib.dd"
DD114 A file without an experiment
A warning: such a file can be used by others, but there is nothing in it to run.
wrong: dataset digits = mnist1d(samples: 100)
right: experiment e { ... }
DD115 Something declared by itself
A value cannot need itself, and an experiment cannot amend itself.
wrong: let a = 2 * b, and let b = a + 1
right: let a = 2 * b, and let b = 3
DD116 A thing of another kind than needed
Every setting and argument takes one kind of thing.
wrong: architecture: digits
right: architecture: net
DD117 The number of parameters where it is not known
`parameters` is counted once the architecture is made, so only filters and derived quantities
can read it.
wrong: hidden: [parameters]
right: where parameters <= 2 * samples
DD118 An argument without a place
A call has more arguments without a name than there are places.
wrong: sgd(0.1, 0.9, true, 3)
right: sgd(lr: 0.1, momentum: 0.9)
DD119 A block without a name
Experiments and train blocks are named.
wrong: experiment { ... }
right: experiment width_curve { ... }
DD120 Nothing for --set to replace
`--set name=value` replaces the domain of an axis in every experiment that has it, or the value
of a `let`.
wrong: --set wdth=1..8
right: --set width=1..8
DD201 A unit is missing
Where two units are possible they are never guessed: 100 epochs and 100 steps are different
trainings.
wrong: for: 4000
right: for: 4000 epochs
DD202 A wrong unit
Units are optional where only one is possible; a unit that is written has to be that one.
wrong: batch: 64 epochs
right: batch: 64 samples
DD203 A number that is not whole
Sizes and counts are whole numbers; nothing is rounded silently.
wrong: hidden: [width / 3]
right: hidden: [round(width / 3)]
DD204 A value of the wrong shape
One number, a list, a word, a regularizer or a condition is needed where something else is
written.
wrong: hidden: 64
right: hidden: [64]
DD205 Not one of the choices
Some arguments take one of a few names.
wrong: activation: rleu
right: activation: relu
DD206 A computation without a result
Division by zero, roots and logarithms of negative numbers.
wrong: lr: 1 / (width - 4) where width is 4
right: lr: 1 / width
DD301 More samples than the dataset has
Training and validation samples together come from one pool.
wrong: mnist1d(samples: 12_000)
right: mnist1d(samples: 12_000, pool: 12_000)
DD302 A value outside its range
Every argument of a word says what values it can have.
wrong: dropout(-0.5)
right: dropout(0.5)
DD305 Label noise without labels
Label noise draws classes anew; a regression dataset has none.
wrong: linear_gaussian(samples: 40, features: 9, label_noise: 15%)
right: linear_gaussian(samples: 40, features: 9, noise_std: 0.5)
DD306 A loss over classes for real targets
A regression dataset has one real target a sample.
wrong: loss: cross_entropy
right: loss: mse
DD307 A way of training that the model does not admit
Least squares solves models that are linear in their trained parameters; `fit()` fits estimators,
which nothing else trains.
wrong: train: least_squares() for an mlp
right: train: least_squares() for random_features
DD308 More inputs than the dataset has
A linear model of p features sees the first p inputs.
wrong: linear(features: 120) on 100 inputs
right: linear(features: 100)
DD309 A network for other samples
A convolution runs along the length of a signal or the sides of an image. Inputs that are merely
drawn have no order, and an image is no signal. Tokens and nodes of a graph are for networks that
look them up.
wrong: cnn5(channels: 8) on mnist1d(samples: 1_000)
right: cnn1d(channels: 8) on mnist1d(samples: 1_000)
DD310 A network that cannot be built
Some arguments must suit each other, or the samples: every head of attention sees as many features.
wrong: transformer(d_model: 12, heads: 8)
right: transformer(d_model: 16, heads: 8)
DD312 A change that samples do not admit
Transforms and label noise may need images, colors, so many classes or a pool that is the same for
every seed.
wrong: mnist1d(samples: 1_000, transform: downsample(100))
right: mnist(samples: 1_000, transform: downsample(100))
DD313 An optimizer that cannot act
Gradient descent is defined for the whole training set, and path-SGD for chains of affine layers.
wrong: optimizer: gd(lr: 0.1) with batch: 64 samples
right: optimizer: gd(lr: 0.1) with batch: full
DD314 Another number of classes
A loss that treats classes differently takes one number for each class of the dataset.
wrong: logit_adjusted(priors: [0.9, 0.1]) on ten classes
right: cross_entropy
DD315 Another number of layers
An optimizer with rates of layers takes one factor for each affine or convolutional layer, the last
one among them; batch normalization and biases go with the layer before them.
wrong: sgd(lr: 0.1, layer_lr: [1, 0.5]) for mlp(hidden: [64, 64])
right: sgd(lr: 0.1, layer_lr: [1, 0.5, 0.5]) for mlp(hidden: [64, 64])
"""
