//! The data sets that `cargo xtask data` knows. Another one is another entry.

/// A data set: files of known contents that every mirror has under the same names.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Dataset {
    /// What the command line calls it, and its folder.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// Where to download from: addresses that the name of a file completes, in the order in which they are tried.
    pub(super) mirrors: &'static [&'static str],
    pub(super) files: &'static [DataFile],
    /// What is used of them, where they are archives: these files are unpacked beside them.
    pub(super) members: &'static [Member],
    /// The command to go on with; [`FOLDER`] stands for the folder of the files.
    pub(super) command: &'static str,
}

/// A file of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct DataFile {
    pub(super) name: &'static str,
    /// In bytes.
    pub(super) size: u64,
    /// In lower-case hexadecimal digits.
    pub(super) sha256: &'static str,
}

/// A file in an archive. The checksum of the archive vouches for what it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Without folders.
    pub(super) name: &'static str,
    /// In bytes.
    pub(super) size: u64,
}

/// What stands for the folder in a data set's command.
pub(super) const FOLDER: &str = "FOLDER";

pub(super) const DATASETS: &[Dataset] = &[
    Dataset {
        name: "mnist",
        title: "MNIST",
        mirrors: &[
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ],
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ],
        members: &[],
        command: "cargo run --release -p mnist -- --data-dir FOLDER",
    },
    Dataset {
        name: "fashion",
        title: "Fashion-MNIST",
        // The address that the data set's README gives answers to plain HTTP only; the checksums vouch for what comes.
        mirrors: &[
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ],
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ],
        members: &[],
        command: "cargo run --release -p mnist -- --data-dir FOLDER",
    },
    Dataset {
        name: "cifar10",
        title: "CIFAR-10",
        mirrors: &["https://www.cs.toronto.edu/~kriz/"],
        files: &[file(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        )],
        members: &[
            member("data_batch_1.bin", 30_730_000),
            member("data_batch_2.bin", 30_730_000),
            member("data_batch_3.bin", 30_730_000),
            member("data_batch_4.bin", 30_730_000),
            member("data_batch_5.bin", 30_730_000),
            member("test_batch.bin", 30_730_000),
        ],
        command: "cargo run --release -p cifar -- --data-dir FOLDER",
    },
    Dataset {
        name: "cifar100",
        title: "CIFAR-100",
        mirrors: &["https://www.cs.toronto.edu/~kriz/"],
        files: &[file(
            "cifar-100-binary.tar.gz",
            168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        )],
        members: &[member("train.bin", 153_700_000), member("test.bin", 30_740_000)],
        command: "cargo run --release -p cifar -- --dataset cifar100 --data-dir FOLDER",
    },
    Dataset {
        name: "multi30k",
        title: "Multi30k, German and English",
        mirrors: &[
            "https://raw.githubusercontent.com/multi30k/dataset/master/data/task1/raw/",
            "https://github.com/multi30k/dataset/raw/master/data/task1/raw/",
        ],
        files: &[
            file("train.de.gz", 637_044, "726e39b2fa9eb9ffb6dc763fb35a179f80fae06ffc5d28b6ace5faa883de28a6"),
            file("train.en.gz", 568_929, "d79cfa999dd4c51d2cb42499b6796d5a882c3a8a961923c25a898c90f8bbd56f"),
            file("val.de.gz", 24_681, "f0cba2f995189cf5770f29a8a9a537a3ad3f51657ad873405082ff6863a5e75a"),
            file("val.en.gz", 21_650, "14f7d25ddd868909a9213e361768460edcacdd6ab9d1e77b92560dc10c10dc28"),
            file("test_2016_flickr.de.gz", 22_890, "9204244e408ccb38d2a55cfcd344df15005fc42a07a6e55ca6c52b6ababb8cc8"),
            file("test_2016_flickr.en.gz", 21_077, "611d361c6334bc7246101d48097c13cf5c4413c5befc793cc629934359d532d9"),
        ],
        members: &[],
        command: "cargo run --release -p translate -- --data-dir FOLDER",
    },
    Dataset {
        name: "squeezenet",
        title: "SqueezeNet 1.1 for ImageNet, torchvision's weights",
        mirrors: &["https://download.pytorch.org/models/"],
        files: &[file(
            "squeezenet1_1-b8a52dc0.pth",
            4_958_839,
            "b8a52dc049b60e4b6ab68ad0df457362afab8b6304b2febdc1650a5dab4d7e7b",
        )],
        members: &[],
        command: "cargo run --release -p visualize -- classify photo:chelsea --model squeezenet1_1 \
                  --weights FOLDER/squeezenet1_1-b8a52dc0.pth",
    },
];

const fn member(name: &'static str, size: u64) -> Member {
    Member { name, size }
}

const fn file(name: &'static str, size: u64, sha256: &'static str) -> DataFile {
    DataFile { name, size, sha256 }
}

/// The data set of that name.
pub(super) fn find(name: &str) -> Option<&'static Dataset> {
    DATASETS.iter().find(|dataset| dataset.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn entries_are_well_formed() {
        let names: BTreeSet<&str> = DATASETS.iter().map(|dataset| dataset.name).collect();
        assert_eq!(names.len(), DATASETS.len(), "two data sets share a name");
        for dataset in DATASETS {
            let Dataset { name, mirrors, files, members, command, .. } = dataset;
            assert_eq!(find(name), Some(dataset));
            assert!(!mirrors.is_empty() && mirrors.iter().all(|m| m.starts_with("http") && m.ends_with('/')), "{name}");
            assert!(command.contains(FOLDER), "{name}");
            assert_eq!(files.iter().map(|file| file.name).collect::<BTreeSet<_>>().len(), files.len(), "{name}");
            assert_eq!(files.iter().map(|file| file.sha256).collect::<BTreeSet<_>>().len(), files.len(), "{name}");
            for member in *members {
                assert!(!member.name.contains(['/', '\\', ' ']) && member.size > 0, "{}", member.name);
            }
            for file in *files {
                assert!(!file.name.contains(['/', '\\', ' ']) && file.size > 0, "{}", file.name);
                let digits = file.sha256.bytes().filter(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
                assert_eq!((digits.count(), file.sha256.len()), (64, 64), "{}", file.name);
            }
        }
    }
}
