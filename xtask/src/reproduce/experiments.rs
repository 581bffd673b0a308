//! The experiments: a new one is an entry of the list.

use super::Obtained;

/// A command with the result that it should have.
pub(super) struct Experiment {
    /// Names the row and its figures.
    pub(super) name: &'static str,
    pub(super) program: &'static str,
    /// What stands behind the program, but for `--data-dir` and `--out`.
    pub(super) arguments: &'static str,
    pub(super) needs: Needs,
    /// Test accuracy in percent, or BLEU of a translator; of the last run, where there are several. None until it was
    /// obtained once.
    pub(super) expected: Option<f64>,
    pub(super) tolerance: f64,
    /// How much better it may be.
    pub(super) surplus: f64,
    /// What is known of the result from elsewhere.
    pub(super) reference: &'static str,
    /// Pictures of the run that the documentation shows.
    pub(super) figures: &'static [&'static str],
    /// Whether the documentation shows the table of the comparison.
    pub(super) shows_table: bool,
}

/// The data that an experiment needs, besides those in the program.
#[derive(Clone, Copy)]
pub(super) enum Needs {
    Nothing,
    Mnist,
    Cifar10,
    Multi30k,
}

pub(super) const HEAD: &str = "\
# Results, and how to obtain them again

`cargo xtask reproduce --mnist FOLDER --cifar10 FOLDER --multi30k FOLDER`, with the four idx files of MNIST in the first
folder, the six binary files of CIFAR-10 in the second and the six texts of Multi30k in the third (`cargo xtask data` with
their names brings them), runs every command of this table, writes the table anew, and fails where a result is not as
expected. Results are accuracies on the test images, or BLEU of the test sentences, found greedily. Without the folders it
runs what needs no download. Weights are bit for bit the same on machines with the same instruction set; elsewhere the
last digits differ, and a training amplifies that. Seconds are those of the training steps on virtual machines with two
cores (Zen 3 and 4), some of them while other programs ran.

| experiment | command | expected | obtained | seconds | known from elsewhere |
| --- | --- | --- | --- | --- | --- |
";

pub(super) const FOOT: &str = "
## MNIST

The perceptron at the specified rate of 1 misses the 97.3 % that is reported for it: 16 seeds give 96.83 to 97.21 %, mean
97.03 %, and PyTorch at the same settings 96.99 to 97.31 %, mean 97.16 %, over 12 seeds; from the same initial weights in
the same order of images, both give the same losses, digit for digit.

![Fewer epochs, a higher rate, a smaller batch](figures/mnist-compare-accuracy.png)

![The perceptron with settings of our choice](figures/mnist-best-accuracy.png)

![Its confusion matrix](figures/mnist-best-confusion.png)

![The surest mistakes on the digits that ship with the repository](figures/digits-perceptron-mistakes.png)

## CIFAR-10

All models train on 45,000 images and are chosen by their accuracy on 5,000 others of the training files. The test file
that these results come from is not the official one throughout: its first 1,000 images are, the other 9,000 have been
through JPEG, which blurs them. ResNet-32 recognizes 91.4 % of the validation images, 91.9 % of the first 1,000 test images
and 80.0 % of the others; PyTorch, with the weights of the run, says the same of both parts. Expect more with the official
file.

Trained on pictures that have been through JPEG of the same quality (`--jpeg 75`), it recognizes 88.0 % of the others and
89.6 % of the first 1,000: 88.2 % of the whole file. On the official file, the training without JPEG is the better one.

The unbalanced training images are drawn from the 45,000: about 4,500 of the largest class, and every class smaller than the
one before, down to a hundredth of that. Validation and test images are balanced.

With SGD, class-balanced focal loss with the usual β of 0.9999 gives the small classes what cross-entropy does not: in 10
epochs of the custom CNN, 43.9 % of the ships and 35.3 % of the trucks are recognized, instead of 0.1 and 0.2 %. It takes
more from the large classes: its mean over all classes and three seeds is 43.7 %, that of cross-entropy 45.1 %, and with the
residual network in 30 epochs it is 60.1 % against 64.5 %. The paper, which trains for 200 epochs, has the opposite order
(74.6 and 70.4 %). The weights of the smallest and the largest class are 80 times apart, and most images of a batch have a
small one: the mean of the weighted losses is a fifth of that of cross-entropy, as if the learning rate were, and in the
given time the training images are not learned. A higher rate makes it worse, since the few images with large weights then
take too large steps: 36.0 % with `--lr 0.1 --reg 1e-4`. Weights that are less than 3 times apart, with β = 0.99, hardly
change the result: 45.6 % against 44.5 % from the same seed.

Adam divides by the size of the gradients, so that the size of the loss does not matter, and with it class-balanced focal
loss is ahead, as in the paper. With the custom CNN it is 49.3 % against 46.7 %, where cross-entropy recognizes 0.2 % of the
ships and no truck, and class-balanced focal loss 37.5 and 50.0 %; with the vanilla CNN and three seeds 45.0 % against
39.6 %, each run above each of the other loss. Drawing the images evenly is as good there, and best with SGD: 56.7 %.

![Accuracy of each class, by the way to cope with unbalanced classes: custom CNN, SGD](figures/cifar-imbalance-classes.png)

![The same: vanilla CNN, Adam](figures/cifar-imbalance-vanilla-classes.png)

![The surest mistakes on the generated pictures](figures/shapes-small-mistakes.png)

## Multi30k

29,000 pairs train, 1,014 choose the epoch, 1,000 test (test 2016). Tokens are lower-cased words that are seen at least
twice, 7,876 German and 5,943 English ones. Perplexity is that of such a token, given the right ones before it; others cannot
be compared with it, those of subwords least. BLEU is sacrebleu's of lower-cased words, with one reference and the signature
above.

| model | parameters | perplexity | BLEU, greedy | BLEU, beam of 5 |
| --- | ---: | ---: | ---: | ---: |
| LSTM | 10.3 M | 9.15 | 21.07 | 21.48 |
| LSTM, cosine attention | 10.5 M | 9.22 | 21.64 | 22.08 |
| the same, learned temperature | 10.5 M | 8.60 | 23.07 | 24.32 |
| LSTM, additive attention | 11.0 M | 7.19 | 29.53 | 30.61 |
| one layer of a transformer's encoder | 2.4 M | 18.28 | 19.14 | |
| transformer | 9.0 M | 5.08 | 36.56 | 37.46 |

The cosine of two vectors is at most 1, and softmax of numbers between −1 and 1 is nearly even: with attention by the cosine
alone, the decoder is given about the mean of what the encoder said, and gains little. With a factor in front of it, which is
learned and ends at 6.7, it gains more: a word whose cosine is 1, among 19 whose cosine is 0, has 98 % of the attention
instead of 13 %. The additive score, which has a layer of its own, is well ahead of both.

The encoder says all words at once, without knowing of each other, so that its perplexity is that of free running too, and
a beam finds nothing else. What holds it back are words that it learns by heart: weight decay of 0.4 with AdamW brings its
perplexity in validation from 22.8 (none, Adam, dropout of 0.2) to 18.2.

`translate run --beam 5` puts the 1,000 sentences into English in 8 to 11 seconds on two cores, with the transformer.

![The transformer on Multi30k](figures/multi30k-transformer-perplexity.png)
";

pub(super) const EXPERIMENTS: &[Experiment] = &[
    // Its mistakes are shown, not those on MNIST, whose images are not ours to distribute.
    Experiment { figures: &["mistakes.png"], ..digits("digits-perceptron", "train", 96.39) },
    digits("digits-softmax", "train --model softmax --no-relu", 95.83),
    mnist("mnist-perceptron", "train", 92.64, "reported 92.6 %"),
    mnist("mnist-rate-1", "train --lr 1 --reg 1e-4", 97.06, "PyTorch 97.16 %, mean of 12 seeds; reported 97.5 %"),
    mnist("mnist-rate-1-xavier", "train --lr 1 --reg 1e-4 --init xavier", 97.50, ""),
    mnist("mnist-rate-1-long", "train --lr 1 --reg 1e-4 --epochs 50", 97.76, "reported 97.7 to 98.0 %"),
    mnist("mnist-softmax", "train --model softmax --no-relu", 91.78, "reported 91.8 %"),
    mnist("mnist-softmax-relu", "train --model softmax", 65.65, "reported 65 to 81 %: outputs die"),
    mnist("mnist-softmax-relu-slow", "train --model softmax --lr 0.01", 90.50, "reported 90.6 %"),
    Experiment { figures: &["accuracy.png", "loss.png", "confusion.png"], ..mnist("mnist-best", BEST, 98.44, "") },
    Experiment {
        figures: &["accuracy.png", "loss.png"],
        ..mnist("mnist-compare", "compare", 93.49, "the last of five")
    },
    Experiment { figures: &["mistakes.png"], ..shapes("shapes-small", "train", 94.50) },
    shapes("shapes-linear", "train --layers 'flatten; linear 10'", 20.70),
    cifar("cifar-two-layer", "train --model two-layer", 46.40, "reported 43 to 46 %"),
    cifar("cifar-vanilla", "train --model vanilla --optimizer adam --lr 0.001 --epochs 10", 66.41, ""),
    cifar("cifar-custom", "train --model custom", 80.25, "PyTorch, same settings and files: 81 %"),
    cifar("cifar-resnet32", RESNET, 81.17, "fully trained 92.5 %, on the official test images"),
    cifar("cifar-resnet32-jpeg", RESNET_JPEG, 88.17, ""),
    Experiment {
        figures: &["classes.png"],
        shows_table: true,
        ..cifar("cifar-imbalance", IMBALANCE, 44.16, "the last of nine")
    },
    Experiment { shows_table: true, ..cifar("cifar-imbalance-beta", IMBALANCE_BETA, 45.59, "the last of two") },
    Experiment { shows_table: true, ..cifar("cifar-imbalance-adam", IMBALANCE_ADAM, 49.34, "the last of two") },
    Experiment {
        figures: &["classes.png"],
        shows_table: true,
        ..cifar("cifar-imbalance-vanilla", IMBALANCE_VANILLA, 45.27, "the last of nine; reported 22.6 and 36.3 %")
    },
    Experiment { shows_table: true, ..cifar("cifar-imbalance-resnet32", IMBALANCE_RESNET, 60.09, "the last of two") },
    Experiment { figures: &["attention.png", "perplexity.png"], ..generated("generated-transformer", "train") },
    generated("generated-lstm-attention", "train --model lstm-attention"),
    Experiment { shows_table: true, ..generated("generated-compare", "compare") },
    // Its attention map would show a sentence of Multi30k, which is not ours to distribute.
    Experiment {
        figures: &["perplexity.png"],
        ..multi30k(
            "multi30k-transformer",
            "train",
            36.56,
            "PyTorch, same files: perplexity 5.47, BLEU 34.9; reported 5.3, 36.5",
        )
    },
    Experiment { shows_table: true, ..multi30k("multi30k-attention", ATTENTION, 23.07, "the last of three") },
    multi30k("multi30k-lstm", "train --model lstm", 21.07, "reported 13.8"),
    multi30k(
        "multi30k-encoder",
        "train --model transformer-encoder",
        19.14,
        "validation perplexity 18.23; reported 17.5 to 19.9",
    ),
];

/// The settings of our choice for the perceptron on MNIST.
const BEST: &str = "train --hidden 1024 --dropout 0.5 --optimizer adamw --lr 0.01 --reg 0.01 --schedule one-cycle \
                    --epochs 40 --batch-size 256 --init xavier --expect-accuracy 0.983";

/// The residual network in 30 epochs.
const RESNET: &str = "train --model resnet32 --epochs 30 --batch-size 128 --lr 0.1 --reg 5e-4 \
                      --optimizer sgd:momentum=0.9,nesterov --schedule one-cycle";

/// The same, prepared for test images that have been through JPEG.
const RESNET_JPEG: &str = "train --model resnet32 --epochs 30 --batch-size 128 --lr 0.1 --reg 5e-4 \
                           --optimizer sgd:momentum=0.9,nesterov --schedule one-cycle --jpeg 75";

/// What the losses for unbalanced classes give.
const IMBALANCE: &str = "compare --preset imbalance-seeds --with '--model custom'";

/// Weights that differ less.
const IMBALANCE_BETA: &str =
    "compare '--beta 0.999' '--beta 0.99' --with '--model custom --unbalanced exp --loss cb-focal'";

/// The same with an optimizer that does not mind how large the weights of a loss are.
const IMBALANCE_ADAM: &str = "compare '--loss cross-entropy' '--loss cb-focal' --with '--model custom --unbalanced exp \
                              --optimizer adam --lr 0.001'";

/// The same with the smallest network.
const IMBALANCE_VANILLA: &str =
    "compare --preset imbalance-seeds --with '--model vanilla --optimizer adam --lr 0.001 --epochs 10'";

/// The same with the residual network, for longer.
const IMBALANCE_RESNET: &str = "compare '--loss cross-entropy' '--loss cb-focal' --with '--model resnet32 --unbalanced exp \
                                --epochs 30 --batch-size 128 --lr 0.1 --reg 5e-4 \
                                --optimizer sgd:momentum=0.9,nesterov --schedule one-cycle'";

/// Three kinds of attention.
const ATTENTION: &str = "compare '--attention additive' '--attention cosine' '--attention cosine-temperature' \
                         --with '--model lstm-attention'";

const fn digits(name: &'static str, arguments: &'static str, expected: f64) -> Experiment {
    Experiment { needs: Needs::Nothing, ..mnist(name, arguments, expected, "") }
}

const fn mnist(name: &'static str, arguments: &'static str, expected: f64, reference: &'static str) -> Experiment {
    Experiment {
        name,
        program: "mnist",
        arguments,
        needs: Needs::Mnist,
        expected: Some(expected),
        // Other instruction sets round otherwise, and training amplifies that.
        tolerance: 0.5,
        surplus: 0.5,
        reference,
        figures: &[],
        shows_table: false,
    }
}

const fn shapes(name: &'static str, arguments: &'static str, expected: f64) -> Experiment {
    Experiment { needs: Needs::Nothing, surplus: 1.5, ..cifar(name, arguments, expected, "") }
}

const fn cifar(name: &'static str, arguments: &'static str, expected: f64, reference: &'static str) -> Experiment {
    // The official test images are sharper than most of those that the expected results are of.
    let (tolerance, surplus) = (1.5, 12.0);
    Experiment {
        program: "cifar",
        needs: Needs::Cifar10,
        tolerance,
        surplus,
        ..mnist(name, arguments, expected, reference)
    }
}

const fn generated(name: &'static str, arguments: &'static str) -> Experiment {
    Experiment { needs: Needs::Nothing, expected: None, ..multi30k(name, arguments, 0.0, "") }
}

const fn multi30k(name: &'static str, arguments: &'static str, expected: f64, reference: &'static str) -> Experiment {
    let (program, needs, tolerance) = ("translate", Needs::Multi30k, 1.5);
    Experiment { program, needs, tolerance, surplus: tolerance, ..mnist(name, arguments, expected, reference) }
}

/// The verdict on a result that should be another.
pub(super) const NOT_AS_EXPECTED: &str = "NOT AS EXPECTED";

impl Experiment {
    /// What was expected, in words.
    pub(super) fn expectation(&self) -> String {
        let Experiment { tolerance, surplus, .. } = self;
        let range =
            if surplus == tolerance { format!("± {tolerance}") } else { format!("− {tolerance} + {surplus}") };
        self.expected.map_or("–".to_string(), |expected| format!("{expected:.2} {range} {}", self.unit()))
    }

    /// Whether results are translations.
    pub(super) fn is_translation(&self) -> bool {
        self.program == "translate"
    }

    fn unit(&self) -> &'static str {
        if self.is_translation() { "BLEU" } else { "%" }
    }

    /// A result with its unit.
    pub(super) fn in_words(&self, result: f64) -> String {
        format!("{result:.2} {}", self.unit())
    }

    pub(super) fn verdict(&self, result: f64) -> &'static str {
        match self.expected {
            None => "for the first time",
            Some(expected) if (-self.tolerance..=self.surplus).contains(&(result - expected)) => "as expected",
            Some(_) => NOT_AS_EXPECTED,
        }
    }

    /// What the numbers of a table are of.
    pub(super) fn of_what(&self) -> &'static str {
        if self.is_translation() { "on the test sentences" } else { "in percent of the test images" }
    }

    pub(super) fn row_begin(&self) -> String {
        format!("| {} |", self.name)
    }

    pub(super) fn row(&self, obtained: &Obtained) -> String {
        let Experiment { program, arguments, reference, .. } = self;
        let folder = if matches!(self.needs, Needs::Nothing) { "" } else { " --data-dir FOLDER" };
        format!(
            "{} `cargo run --release -p {program} -- {arguments}{folder}` | {} | {} | {:.1} | {reference} |",
            self.row_begin(),
            self.expectation(),
            self.in_words(obtained.result),
            obtained.seconds,
        )
    }
}
