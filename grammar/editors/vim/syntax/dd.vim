" ddspec: written by `ddspec editors` from the grammar and the vocabulary.
if exists("b:current_syntax")
  finish
endif
let s:kept = &cpoptions
set cpoptions&vim

syntax case match
syntax iskeyword @,48-57,_,192-255
syntax sync minlines=200

syntax match ddBad /\v\S/
syntax match ddSeparator /\v[:,.]/
syntax match ddOperator /\v\+|\-|\=|\?|\^|\||\<\=|\>\=|\=\=|!\=|\<|\>|\*|\/|\.\.\<|\.\./
syntax match ddUnit /\v\%/
syntax match ddBracket /\v[][()}]/
syntax region ddBlock matchgroup=ddBracket start="{" end="}" transparent fold
syntax match ddName /\v<[[:alpha:]_]\k*>/
syntax match ddWordDataset /\v<(block_model|cifar10|cifar100|csv|fashion_mnist|gaussian_mixture|latent|linear_gaussian|mnist|mnist1d|netcdf|npz|parallel_text|plain_text|polynomial_regression|sparse_parity|spoken_digits|spurious|teacher_student|timit)>/
syntax match ddWordCorruption /\v<(asymmetric|balanced|censored|permuted|uniform|wrong)>/
syntax match ddWordTransform /\v<(class_imbalance|concatenated|downsample|feature_noise|gaussian_inputs|grey|importance_weights|normalize|random_pixels|shuffled_pixels)>/
syntax match ddWordArchitecture /\v<(autoencoder|basis_pursuit|boosting|cnn1d|cnn5|deep_cnn|deep_linear|fourier_features|gnn|language_model|lasso|linearized|low_rank|lstm|mlp|polynomial|quadratic|random_features|random_forest|resnet18|rnn|svm|transformer)>/
syntax match ddWordRegularizer /\v<(adversarial|augmentation|batch_norm|dropout|early_stopping|flooding|gradient_clipping|gradient_noise|input_noise|jacobian|l1|l2|label_noise_sgd|label_smoothing|layer_norm|max_norm|mixup|nuclear|path_normalization|pruning|sam|spectral_decoupling|spectral_norm|target_noise|weight_averaging|weight_decay)>/
syntax match ddWordOptimizer /\v<(adam|adamw|gd|lion|mirror_descent|nesterov|path_sgd|regularizer_mirror_descent|rmsprop|sgd|signsgd)>/
syntax match ddWordSchedule /\v<(constant|cosine|cyclic|exponential|inverse|inverse_sqrt|multi_step|noam|one_cycle|ramp|step|warmup)>/
syntax match ddWordLoss /\v<(cross_entropy|hinge|logistic|logit_adjusted|mse|polynomially_tailed|vector_scaling)>/
syntax match ddWordTrain /\v<(fit|gradient_descent|least_squares)>/
syntax match ddWordStart /\v<(fresh|weight_reuse)>/
syntax match ddWordStopping /\v<(train_error|train_loss)>/
syntax match ddWordMeasure /\v<(accuracy|bleu|class_error|class_mean_angles|disagreement|ece|effective_rank|error|feature_rank|frobenius_product|gradient_norm|input_jacobian|l21|layer_jacobian|loss|margin|memorized|pac_bayes_flatness|prediction_bias|prediction_variance|predictions|rademacher|random_label_fit|recovered|sharpness|sparsity|spectral_complexity|spectral_product|stable_rank|targets|within_class_variability|worst_group_error)>/
syntax match ddWordReport /\v<(argmax|best_composition|bias_variance|critical_regime|disagreement_estimate|effective_complexity|families|gap_correlation|group_gap|interactions|left_out|main_effects|monotone|more_data_hurts|peaks|returns|scaling_law|sensitivity|shapley|threshold|tuned_envelope|tuning_needed)>/
syntax match ddWordTheory /\v<(belkin_hsu_xu|general_covariance|least_squares_complexity|least_squares_descent|mei_montanari|mixture_min_norm|orthogonal_descent|ridge_regression|ridgeless|saxe)>/
syntax match ddWord /\v<(distance_to_init|linear|path_norm|weight_norm)>/
syntax match ddQuantity /\v<(parameters|seconds|status|stop_epoch|test_error|test_loss|train_error|train_loss|validation_error|validation_loss)>/
syntax match ddConstant /\v<(false|none|true)>/
syntax match ddChoice /\v(:\s*)@<=<(after|all|auto|axis|before|bernoulli|best|bfloat16|both|bpe|channel|characters|class|coarse|complexity|domingos|elu|ema|end|erf|everything|exact|feature|fine|finite|float32|float64|folded|frobenius|full|gaussian|gelu|geometric|group|he|he_uniform|head|hidden|identity|input|isotropic|kohavi|layer|leaky_relu|lecun|legendre|limit|log_mel|max|mfcc|monomial|mup|mup_adam|network|norm|ntk|ols|one|orthogonal|orthonormal|outputs|pairs|phase|power|preactivation|probabilities|pytorch|real|refuse|relu|row|runge|seeds|sigmoid|sign|silu|sine|sinusoidal|softplus|spectral|sphere|sqrt|squared|standard|start|swa|tanh|target|test|train|trained|training|validation|wave|words|xavier|xavier_uniform|zero|zero_one)>(\s*[(:.])@!/
syntax match ddForm /\v<(leave_one_out|one_at_a_time|random|restart|subsets|tune)>(\s*\()@=/
syntax match ddFunction /\v<(abs|ceil|exp|floor|log|max|min|round|sqrt)>(\s*\()@=/
syntax match ddKind /\v<(architecture|corruption|dataset|experiment|loss|measure|optimizer|regularizer|report|schedule|stopping|sweep|theory|train|transform)>(\s*\{|\s+(<(amends|and|as|by|dd|else|except|has|if|in|is|let|not|or|points|then|use|when|where|with|zip)>)@!<[[:alpha:]_]\k*>)@=/
syntax match ddUnit /\v([0-9%)}]\s*)@<=<(epochs|features|parameters|samples|steps)>/
syntax match ddMember /\v([^.]\.\s*)@<=<[[:alpha:]_]\k*>/
syntax match ddField /\v<[[:alpha:]_]\k*>(\s*:)@=/
syntax match ddAxis /\v<[[:alpha:]_]\k*>(\s*\.\s*<[[:alpha:]_]\k*>)*(\s+in>)@=/ contains=ddDot
syntax match ddDot /\v\./ contained
highlight default link ddDot ddSeparator
syntax match ddDeclared /\v(<(let|amends|as)\s+|<(architecture|corruption|dataset|experiment|loss|measure|optimizer|regularizer|report|schedule|stopping|sweep|theory|train|transform)>\s+)@<=<[[:alpha:]_]\k*>/
syntax match ddExpression /\v<(and|by|else|has|if|is|not|or|points|then|with)>/
syntax match ddExpression /\v<log>[[:alnum:]_(]@!/
syntax match ddStatement /\v<(amends|as|dd|except|in|let|use|when|where|zip)>/
syntax match ddNumber /\v[0-9][0-9_]*(\.[0-9][0-9_]*)?([eE][+-]?[0-9]+)?/
syntax match ddDigest /\vsha256:[0-9a-f]+/
syntax match ddBad /\v[\"'].*/
syntax match ddString /\v"([^"\\\n]|\\.)*"/
syntax match ddComment /\v#[^\n]*/ contains=@Spell

highlight default link ddComment Comment
highlight default link ddString String
highlight default link ddDigest Constant
highlight default link ddNumber Number
highlight default link ddUnit Type
highlight default link ddStatement Statement
highlight default link ddExpression Operator
highlight default link ddKind Structure
highlight default link ddDeclared Typedef
highlight default link ddField Label
highlight default link ddAxis Identifier
highlight default link ddMember Identifier
highlight default link ddFunction Function
highlight default link ddForm PreProc
highlight default link ddWord Function
highlight default link ddConstant Boolean
highlight default link ddQuantity Special
highlight default link ddChoice Constant
highlight default link ddName Normal
highlight default link ddBracket Delimiter
highlight default link ddSeparator Delimiter
highlight default link ddOperator Operator
highlight default link ddBad Error
highlight default link ddWordDataset ddWord
highlight default link ddWordCorruption ddWord
highlight default link ddWordTransform ddWord
highlight default link ddWordArchitecture ddWord
highlight default link ddWordRegularizer ddWord
highlight default link ddWordOptimizer ddWord
highlight default link ddWordSchedule ddWord
highlight default link ddWordLoss ddWord
highlight default link ddWordTrain ddWord
highlight default link ddWordStart ddWord
highlight default link ddWordStopping ddWord
highlight default link ddWordMeasure ddWord
highlight default link ddWordReport ddWord
highlight default link ddWordTheory ddWord

let b:current_syntax = "dd"
let &cpoptions = s:kept
unlet s:kept
