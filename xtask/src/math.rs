//! `cargo xtask math`: writes docs/math.md, every derivative on one page, from the first lines of the files of the ops.
//! These lines are the one source of the formulas: rustdoc shows them as the documentation of the modules.

use crate::{Failure, workspace};
use std::collections::BTreeMap;
use std::path::Path;

/// Where the page is.
pub(crate) const PAGE: &str = "docs/math.md";
/// Where the ops are.
pub(crate) const OPS: &str = "crates/tape/src/ops/";

/// The order of the chapters, which are the folders of the ops. Others follow.
const CHAPTERS: [(&str, &str); 11] = [
    ("arithmetic", "Arithmetic"),
    ("function", "Elementary functions"),
    ("activation", "Activations"),
    ("compare", "Comparisons and choice"),
    ("reduce", "Reductions"),
    ("normalize", "Softmax and normalization"),
    ("product", "Products"),
    ("shape", "Shapes"),
    ("index", "Indices"),
    ("random", "Random numbers"),
    ("loss", "Losses"),
];

const INTRODUCTION: &str = "\
# Every derivative

<!-- Written by `cargo xtask math` from the first lines of the files in crates/tape/src/ops. Change them there. -->

The formulas below are the rules that the tape sweeps backwards with. They use one notation:

* `x`, or `a` and `b`, are inputs of an operation, and `y` is its result.
* `g` is the cotangent of the result: the derivative of what is differentiated, a scalar, by each element of `y`. It has the
  shape of `y`.
* `dx` is the cotangent of the input `x`, which the rule computes from `g`: the vector–Jacobian product `gᵀ · ∂y/∂x`. It has
  the shape of `x`. Where an input was broadcast, its cotangent is summed over the repeated axes.
* `h` is the cotangent of what a rule itself computed: several rules have a pass of their own, `f_backward(g, …)`, which is
  an operation with a rule again.

Every rule is written with operations that have rules, so second and higher derivatives need no further formulas. Each is
checked against central differences, to second order where there is one, beside its code.
";

/// Writes docs/math.md, every derivative on one page, from the documentation of the ops.
#[derive(clap::Args)]
pub(crate) struct Math {
    /// Write nothing; fail if the page is not as it would be written.
    #[arg(long)]
    check: bool,
}

impl Math {
    pub(crate) fn run(self) -> Result<(), Failure> {
        let root = workspace::root();
        let mut files = Vec::new();
        read_below(&root.join(OPS), "", &mut files)?;
        let page = page(files.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        let path = root.join(PAGE);
        if self.check {
            let current = std::fs::read_to_string(&path).unwrap_or_default();
            return if current == page {
                Ok(())
            } else {
                Err(format!("{PAGE} is stale; run `cargo xtask math`").into())
            };
        }
        std::fs::write(&path, &page).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        println!("{PAGE}: {} lines", page.lines().count());
        Ok(())
    }
}

fn read_below(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<(), Failure> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            read_below(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, std::fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

/// The page, from the files of the ops by their paths below [`OPS`].
pub(crate) fn page<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut chapters: BTreeMap<(usize, &str), BTreeMap<&str, &str>> = BTreeMap::new();
    for (path, text) in files {
        if let Some((folder, file)) = path.split_once('/') {
            let place = CHAPTERS.iter().position(|(name, _)| *name == folder).unwrap_or(CHAPTERS.len());
            chapters.entry((place, folder)).or_default().insert(file.trim_end_matches(".rs"), text);
        }
    }
    let mut page = INTRODUCTION.to_string();
    for ((place, folder), files) in chapters {
        let title = CHAPTERS.get(place).map_or(folder, |(_, title)| title);
        page += &format!("\n## {title}\n");
        if let Some(text) = files.get("mod") {
            page += &format!("\n{}\n", header(text));
        }
        for (name, text) in files.iter().filter(|(name, _)| **name != "mod") {
            page += &format!("\n### {name}\n\n{}\n", header(text));
        }
    }
    page
}

/// The documentation of a module, with links to items as plain code.
fn header(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    let lines: Vec<&str> = lines.map(|line| line[3..].strip_prefix(' ').unwrap_or(&line[3..])).collect();
    without_item_links(lines.join("\n").trim())
}

/// ``[`item`](path)`` and ``[`item`]`` become `` `item` ``.
fn without_item_links(text: &str) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(start) = rest.find("[`") {
        let Some(length) = rest[start..].find("`]") else { break };
        out += &rest[..start];
        out += &rest[start + 1..start + length + 1];
        rest = &rest[start + length + 2..];
        if rest.starts_with('(') {
            rest = rest.split_once(')').map_or(rest, |(_, after)| after);
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chapters_in_order_with_every_op_once() {
        let files = [
            ("mod.rs", "//! Not a chapter."),
            ("loss/mse_loss.rs", "//! Mean squared error.\n\nuse x;"),
            ("arithmetic/mul.rs", "//! Product: `y = a b`.\n//!\n//! See [`Var`](crate::Var).\n\ncode"),
            ("arithmetic/mod.rs", "//! Two values.\n\npub mod mul;"),
            ("quantum/entangle.rs", "//! New."),
        ];
        let page = page(files.into_iter());
        let body = page.strip_prefix(INTRODUCTION).unwrap();
        let expected = "\n## Arithmetic\n\nTwo values.\n\n### mul\n\nProduct: `y = a b`.\n\nSee `Var`.\n\
                        \n## Losses\n\n### mse_loss\n\nMean squared error.\n\n## quantum\n\n### entangle\n\nNew.\n";
        assert_eq!(body, expected);
    }

    #[test]
    fn links_to_items_become_code_and_others_stay() {
        let text = "[`a`] and [`b`](crate::b), [paper](https://example.org), `[c]`, [`open";
        assert_eq!(without_item_links(text), "`a` and `b`, [paper](https://example.org), `[c]`, [`open");
    }
}
