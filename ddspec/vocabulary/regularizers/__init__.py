"""Regularizers: terms of compositions.

Where several terms act at one place of a step, the lower `rank` acts first, however they are
written. On the minibatch: augmentation 10, label_noise_sgd and target_noise 20, mixup 30,
label_smoothing 40, input_noise 50 (dropout of inputs, a layer of the network, comes after it),
adversarial 60. On the objective: label_smoothing of tokens 40, flooding 70, path_norm,
distance_to_init, jacobian and spectral_decoupling 80, gradient_noise 90. On the gradient: sam 100,
gradient_clipping 110. After the optimizer: weight_decay 120, max_norm 130, pruning 140,
weight_averaging 150.
"""
